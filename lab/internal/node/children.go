package node

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"
)

// children are the node's programs. PID 1 is the only one that may wait for processes: orphans of the whole node come to it.
type children struct {
	spec        *Spec
	environment []string
	mutex       sync.Mutex
	running     map[int]chan syscall.WaitStatus
}

func newChildren(spec *Spec) *children {
	c := &children{
		spec: spec,
		environment: []string{
			"PATH=" + strings.Join(append(spec.Path, "/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"), ":"),
			"LD_LIBRARY_PATH=" + spec.LibraryPath,
			"XTABLES_LIBDIR=" + spec.XtablesPath,
			"HOME=/root",
		},
		running: map[int]chan syscall.WaitStatus{},
	}
	go c.reap()
	return c
}

// start runs a program with its output appended to its log. The channel gets the exit status once.
func (c *children) start(name, program string, args ...string) (<-chan syscall.WaitStatus, error) {
	output, err := os.OpenFile(c.logFile(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer output.Close()
	input, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer input.Close()
	c.mutex.Lock()
	defer c.mutex.Unlock()
	pid, err := syscall.ForkExec(program, append([]string{name}, args...), &syscall.ProcAttr{
		Env:   c.environment,
		Files: []uintptr{input.Fd(), output.Fd(), output.Fd()},
		Sys:   &syscall.SysProcAttr{Setsid: true},
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", program, err)
	}
	log.Printf("%s started, pid %d", name, pid)
	ended := make(chan syscall.WaitStatus, 1)
	c.running[pid] = ended
	return ended, nil
}

// run starts a program and waits for its success.
func (c *children) run(name, program string, args ...string) error {
	ended, err := c.start(name, program, args...)
	if err != nil {
		return err
	}
	if status := <-ended; !status.Exited() || status.ExitStatus() != 0 {
		return fmt.Errorf("%s %s, see %s", name, describe(status), c.logFile(name))
	}
	return nil
}

func (c *children) logFile(name string) string {
	return filepath.Join(c.spec.Logs, c.spec.LogPrefix+name+".log")
}

// find looks a program up in the node's PATH.
func (c *children) find(name string) (string, error) {
	for _, folder := range filepath.SplitList(strings.TrimPrefix(c.environment[0], "PATH=")) {
		if found, err := os.Stat(filepath.Join(folder, name)); err == nil && found.Mode()&0o111 != 0 {
			return filepath.Join(folder, name), nil
		}
	}
	return "", fmt.Errorf("no %s in %s", name, c.environment[0])
}

func (c *children) reap() {
	for {
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(-1, &status, 0, nil)
		if err == syscall.ECHILD {
			time.Sleep(20 * time.Millisecond) // no child yet
			continue
		}
		c.mutex.Lock()
		ended, known := c.running[pid]
		delete(c.running, pid)
		c.mutex.Unlock()
		if known {
			ended <- status
		}
	}
}

func describe(status syscall.WaitStatus) string {
	if status.Signaled() {
		return fmt.Sprintf("was killed by signal %d (%v)", status.Signal(), status.Signal())
	}
	return fmt.Sprintf("ended with code %d", status.ExitStatus())
}
