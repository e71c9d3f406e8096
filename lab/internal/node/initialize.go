package node

import (
	"fmt"
	"log"
	"net"
	"os"
	"reflect"
	"syscall"
	"time"
)

const (
	containerdSocket  = "/run/containerd/containerd.sock"
	containerdTimeout = 30 * time.Second
)

// initialize is PID 1 of the node. It returns, and thereby ends the node, when one of the node's programs ends: a node that lacks a
// part should be seen as gone, not limp on.
func initialize(spec *Spec) error {
	if err := awaitPlug(); err != nil {
		return err
	}
	if err := prepare(spec); err != nil {
		return err
	}
	programs := newChildren(spec)
	containerd, err := startContainerd(spec, programs)
	if err != nil {
		return err
	}
	names := []string{"containerd"}
	ends := []<-chan syscall.WaitStatus{containerd}
	for _, program := range []struct {
		name string
		args []string
	}{
		{"kubelet", []string{
			"--config=" + spec.path("etc", "kubelet.json"), "--kubeconfig=" + spec.Kubeconfigs.Kubelet,
			"--hostname-override=" + spec.Name, "--node-ip=" + spec.Address,
		}},
		{"kube-proxy", []string{"--config=" + spec.path("etc", "kube-proxy.json")}},
		{"coredns", []string{"-conf", spec.path("etc", "Corefile")}},
	} {
		ended, err := programs.start(program.name, "/proc/self/exe", program.args...)
		if err != nil {
			return err
		}
		names, ends = append(names, program.name), append(ends, ended)
	}
	return firstEnd(names, ends)
}

func prepare(spec *Spec) error {
	if err := mountAll(spec); err != nil {
		return err
	}
	if err := syscall.Sethostname([]byte(spec.Name)); err != nil {
		return err
	}
	if err := configureInside(spec); err != nil {
		return err
	}
	for _, name := range []string{"net.ipv4.ip_forward", "net.bridge.bridge-nf-call-iptables"} {
		if err := writeSysctl(name, "1"); err != nil {
			return err
		}
	}
	if err := createCgroup(spec.Cgroup); err != nil {
		return err
	}
	return writeConfiguration(spec)
}

func startContainerd(spec *Spec, programs *children) (<-chan syscall.WaitStatus, error) {
	program, err := programs.find("containerd")
	if err != nil {
		return nil, err
	}
	ended, err := programs.start("containerd", program, "--config", spec.path("etc", "containerd.toml"))
	if err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(containerdTimeout); ; time.Sleep(10 * time.Millisecond) {
		connection, err := net.Dial("unix", containerdSocket)
		if err == nil {
			connection.Close()
			return ended, importImages(spec, programs)
		}
		select {
		case status := <-ended:
			return nil, fmt.Errorf("containerd %s, see %s", describe(status), programs.logFile("containerd"))
		default:
		}
		if time.Now().After(deadline) {
			return nil, fmt.Errorf("containerd doesn't answer: %w", err)
		}
	}
}

// importImages loads the images unless containerd has them from this very file already.
func importImages(spec *Spec, programs *children) error {
	marker := spec.path("imported")
	if imported, err := os.ReadFile(marker); err == nil && string(imported) == spec.Images {
		return nil
	}
	ctr, err := programs.find("ctr")
	if err != nil {
		return err
	}
	if err := programs.run("ctr", ctr, "--address", containerdSocket, "--namespace", "k8s.io", "images", "import", spec.Images); err != nil {
		return err
	}
	return os.WriteFile(marker, []byte(spec.Images), 0o644)
}

func firstEnd(names []string, ends []<-chan syscall.WaitStatus) error {
	cases := make([]reflect.SelectCase, len(ends))
	for i, ended := range ends {
		cases[i] = reflect.SelectCase{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ended)}
	}
	chosen, value, _ := reflect.Select(cases)
	err := fmt.Errorf("%s %s", names[chosen], describe(value.Interface().(syscall.WaitStatus)))
	log.Print(err)
	return err
}
