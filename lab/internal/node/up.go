package node

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
)

// up starts PID 1 of the node, plugs it into the bridge and waits for its end. The node dies with this process.
func up(spec *Spec) error {
	// The kernel sends the parent's death signal when the thread that started the child ends.
	runtime.LockOSThread()
	if err := errors.Join(deleteLink(spec.veth()), removeCgroups(spec.Cgroup)); err != nil {
		return err
	}
	if err := createBridge(spec); err != nil {
		return err
	}
	plugged, plug, err := os.Pipe()
	if err != nil {
		return err
	}
	child := exec.Command("/proc/self/exe", "node", "init", "--spec", spec.file)
	child.Args[0] = "lab"
	child.Stdout, child.Stderr = os.Stdout, os.Stderr
	child.ExtraFiles = []*os.File{plugged}
	child.SysProcAttr = &syscall.SysProcAttr{Cloneflags: namespaces, Pdeathsig: syscall.SIGKILL}
	if err := child.Start(); err != nil {
		return fmt.Errorf("node: %w", err)
	}
	if err := connect(spec, child.Process.Pid); err != nil {
		return errors.Join(err, child.Process.Kill())
	}
	if _, err := plug.Write([]byte{1}); err != nil {
		return err
	}
	return child.Wait()
}

// awaitPlug blocks until up has plugged the node in.
func awaitPlug() error {
	const firstExtraFile = 3
	plugged := os.NewFile(firstExtraFile, "plugged")
	defer plugged.Close()
	if _, err := plugged.Read(make([]byte, 1)); err != nil {
		return fmt.Errorf("the node was not plugged in: %w", err)
	}
	return nil
}
