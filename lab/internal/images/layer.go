package images

import (
	"archive/tar"
	"bytes"
	"os"
	"os/exec"
	"strings"
)

// file is one entry of a tar: a folder (name ends in a slash), a symbolic link (link is set) or a regular file.
type file struct {
	name    string
	mode    int64
	link    string
	content []byte
}

// pack writes files as a tar without times and owners, so that equal content gives equal digests.
func pack(files []file) ([]byte, error) {
	var buffer bytes.Buffer
	archive := tar.NewWriter(&buffer)
	for _, f := range files {
		header := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.content)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		if strings.HasSuffix(f.name, "/") {
			header.Typeflag = tar.TypeDir
		} else if f.link != "" {
			header.Typeflag, header.Linkname = tar.TypeSymlink, f.link
		}
		if err := archive.WriteHeader(header); err != nil {
			return nil, err
		}
		if _, err := archive.Write(f.content); err != nil {
			return nil, err
		}
	}
	if err := archive.Close(); err != nil {
		return nil, err
	}
	return buffer.Bytes(), nil
}

// busyboxFiles is a small root file system: busybox, a link for each of its applets, two users.
func busyboxFiles(program string) ([]file, error) {
	content, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	applets, err := exec.Command(program, "--list").Output()
	if err != nil {
		return nil, err
	}
	var files []file
	for _, folder := range []string{"bin/", "dev/", "etc/", "home/", "proc/", "root/", "sys/", "var/"} {
		files = append(files, file{name: folder, mode: 0o755})
	}
	files = append(files,
		file{name: "tmp/", mode: 0o1777},
		file{name: "etc/passwd", mode: 0o644, content: []byte("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")},
		file{name: "etc/group", mode: 0o644, content: []byte("root:x:0:\nnogroup:x:65534:\n")},
		file{name: "bin/busybox", mode: 0o755, content: content})
	for _, applet := range strings.Fields(string(applets)) {
		if applet != "busybox" {
			files = append(files, file{name: "bin/" + applet, mode: 0o777, link: "busybox"})
		}
	}
	return files, nil
}
