package node

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	cgroupMount   = "/sys/fs/cgroup"
	cgroupTimeout = 10 * time.Second
)

// needed are the controllers without which the kubelet doesn't start.
var needed = []string{"cpu", "cpuset", "memory", "pids"}

// hierarchies are the mount points of the machine's cgroups: many in version 1, one in version 2.
type hierarchies struct {
	unified bool
	mounts  []string
}

func findCgroups() (*hierarchies, error) {
	if controllers, err := os.ReadFile(filepath.Join(cgroupMount, "cgroup.controllers")); err == nil {
		for _, controller := range needed {
			if !slices.Contains(strings.Fields(string(controllers)), controller) {
				return nil, fmt.Errorf("%w: the cgroup controller %s is not delegated to it", errUnavailable, controller)
			}
		}
		return &hierarchies{unified: true, mounts: []string{cgroupMount}}, nil
	}
	table, err := os.ReadFile("/proc/self/mounts")
	if err != nil {
		return nil, err
	}
	found := &hierarchies{}
	for line := range strings.Lines(string(table)) {
		// runc also uses the version 2 hierarchy that some machines mount beside those of version 1.
		if fields := strings.Fields(line); fields[2] == "cgroup" || fields[2] == "cgroup2" {
			found.mounts = append(found.mounts, fields[1])
		}
	}
	for _, controller := range needed {
		if _, err := os.Stat(filepath.Join(cgroupMount, controller)); err != nil {
			return nil, fmt.Errorf("%w: the cgroup controller %s is not mounted", errUnavailable, controller)
		}
	}
	return found, nil
}

// createCgroup makes the node's group in each hierarchy, ready for children with limits.
func createCgroup(name string) error {
	found, err := findCgroups()
	if err != nil {
		return err
	}
	if found.unified {
		return createUnified(name)
	}
	for _, mount := range found.mounts {
		if err := os.MkdirAll(filepath.Join(mount, name), 0o755); err != nil {
			return err
		}
	}
	// A new cpuset is empty, and nothing can run in it.
	for _, file := range []string{"cpuset.cpus", "cpuset.mems"} {
		value, err := os.ReadFile(filepath.Join(cgroupMount, "cpuset", file))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(cgroupMount, "cpuset", name, file), value, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// createUnified passes every available controller down to the group's children.
func createUnified(name string) error {
	group := filepath.Join(cgroupMount, name)
	if err := os.MkdirAll(group, 0o755); err != nil {
		return err
	}
	for _, folder := range []string{cgroupMount, group} {
		controllers, err := os.ReadFile(filepath.Join(folder, "cgroup.controllers"))
		if err != nil {
			return err
		}
		for _, controller := range strings.Fields(string(controllers)) {
			err := os.WriteFile(filepath.Join(folder, "cgroup.subtree_control"), []byte("+"+controller), 0o644)
			if err != nil && slices.Contains(needed, controller) {
				return fmt.Errorf("cgroup controller %s in %s: %w", controller, folder, err)
			}
		}
	}
	return nil
}

// removeCgroups removes the node's groups, deepest first. It waits for dying processes to leave them.
func removeCgroups(name string) error {
	found, err := findCgroups()
	if errors.Is(err, errUnavailable) {
		return nil
	}
	if err != nil {
		return err
	}
	for deadline := time.Now().Add(cgroupTimeout); ; time.Sleep(20 * time.Millisecond) {
		var left []error
		for _, mount := range found.mounts {
			left = append(left, removeTree(filepath.Join(mount, name)))
		}
		if err := errors.Join(left...); err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

func removeTree(root string) error {
	var folders []string
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			folders = append(folders, path)
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	slices.Reverse(folders)
	for _, folder := range folders {
		if failure := os.Remove(folder); failure != nil && !errors.Is(failure, fs.ErrNotExist) {
			err = failure
		}
	}
	return err
}
