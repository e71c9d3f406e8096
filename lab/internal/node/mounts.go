package node

import (
	"fmt"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// mountAll gives the node its own /proc, /run and /var/lib, and puts its lasting state where the kubelet looks for it. Nothing of it
// is seen outside the node's mount namespace.
func mountAll(spec *Spec) error {
	if err := mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	if err := mount("proc", "/proc", "proc", unix.MS_NOSUID|unix.MS_NODEV|unix.MS_NOEXEC, ""); err != nil {
		return err
	}
	for _, folder := range []string{"/run", "/var/lib"} {
		if err := hide(folder, append(spec.Keep, spec.State, spec.Logs)); err != nil {
			return err
		}
	}
	for source, target := range map[string]string{spec.path("kubelet"): "/var/lib/kubelet", spec.path("log"): "/var/log"} {
		if err := bind(source, target); err != nil {
			return err
		}
	}
	// Volumes that the kubelet mounts must appear in containers.
	return mount("", "/", "", unix.MS_REC|unix.MS_SHARED, "")
}

// hide puts an empty file system over folder; what lies below it and is in keep shows through.
func hide(folder string, keep []string) error {
	behind := map[string]int{}
	for _, path := range keep {
		if !strings.HasPrefix(path, folder+"/") {
			continue
		}
		descriptor, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		defer unix.Close(descriptor)
		behind[path] = descriptor
	}
	if err := mount("tmpfs", folder, "tmpfs", unix.MS_NOSUID|unix.MS_NODEV, "mode=755"); err != nil {
		return err
	}
	for path, descriptor := range behind {
		if err := bind(fmt.Sprintf("/proc/self/fd/%d", descriptor), path); err != nil {
			return err
		}
	}
	return nil
}

func bind(source, target string) error {
	if !strings.HasPrefix(source, "/proc/") {
		if err := os.MkdirAll(source, 0o755); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(target, 0o755); err != nil {
		return err
	}
	return mount(source, target, "", unix.MS_BIND|unix.MS_REC, "")
}

func mount(source, target, kind string, flags uintptr, data string) error {
	if err := unix.Mount(source, target, kind, flags, data); err != nil {
		return fmt.Errorf("mount %s: %w", target, err)
	}
	return nil
}

// snapshotter is containerd's way to store layers: overlays, except where the disk itself is one and can't carry another.
func snapshotter(folder string) (string, error) {
	var disk unix.Statfs_t
	if err := unix.Statfs(folder, &disk); err != nil {
		return "", fmt.Errorf("%s: %w", folder, err)
	}
	if disk.Type == unix.OVERLAYFS_SUPER_MAGIC {
		return "native", nil
	}
	return "overlayfs", nil
}
