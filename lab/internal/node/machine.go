package node

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

const namespaces = syscall.CLONE_NEWNET | syscall.CLONE_NEWNS | syscall.CLONE_NEWPID | syscall.CLONE_NEWUTS

// bridgeNetfilter is there once the kernel lets kube-proxy's rules see what passes between two pods of one bridge.
const bridgeNetfilter = "/proc/sys/net/bridge/bridge-nf-call-iptables"

// A kubelet doesn't start without inotify instances, and each control plane beside it takes about ten of what root may have; the
// kernel's default of 128 is soon used up.
const (
	inotifyInstances       = "fs.inotify.max_user_instances"
	neededInotifyInstances = 1024
)

// checkMachine returns errUnavailable with the reason when this machine can't run a node.
func checkMachine() error {
	if os.Geteuid() != 0 {
		return fmt.Errorf("%w: it needs root", errUnavailable)
	}
	probe := exec.Command("true")
	probe.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces}
	if err := probe.Run(); err != nil {
		return fmt.Errorf("%w: new namespaces are refused (%v)", errUnavailable, err)
	}
	if _, err := findCgroups(); err != nil {
		return err
	}
	if err := loadModule("overlay", func() bool {
		known, err := os.ReadFile("/proc/filesystems")
		return err == nil && bytes.Contains(known, []byte("\toverlay\n"))
	}); err != nil {
		return err
	}
	if err := loadModule("br_netfilter", func() bool {
		_, err := os.Stat(bridgeNetfilter)
		return err == nil
	}); err != nil {
		return err
	}
	return raiseInotifyInstances()
}

// raiseInotifyInstances is the one lasting change to the machine; it says so on stdout.
func raiseInotifyInstances() error {
	text, err := os.ReadFile(sysctlFile(inotifyInstances))
	if err != nil {
		return err
	}
	instances, err := strconv.Atoi(string(bytes.TrimSpace(text)))
	if err != nil || instances >= neededInotifyInstances {
		return err
	}
	if err := writeSysctl(inotifyInstances, strconv.Itoa(neededInotifyInstances)); err != nil {
		return fmt.Errorf("%w: %s is %d and can't be raised (%v)", errUnavailable, inotifyInstances, instances, err)
	}
	fmt.Printf("%s raised from %d to %d\n", inotifyInstances, instances, neededInotifyInstances)
	return nil
}

func loadModule(name string, isLoaded func() bool) error {
	if isLoaded() {
		return nil
	}
	output, err := exec.Command("modprobe", name).CombinedOutput()
	if !isLoaded() {
		return fmt.Errorf("%w: the kernel lacks %s (modprobe: %v %s)", errUnavailable, name, err, bytes.TrimSpace(output))
	}
	return nil
}
