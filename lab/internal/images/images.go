// Package images writes the container images of the lab's pods as one OCI layout in a tar, which `ctr images import` reads.
package images

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
)

type object = map[string]any

// layout collects the blobs and manifests of an OCI layout.
type layout struct {
	blobs     []file
	manifests []object
}

type image struct {
	name    string
	files   []file
	command []string
	env     []string
}

// Run writes archon.local/{pause:1,busybox:1,web:v1,web:v2}. Arguments: --busybox FILE (static) --web FILE (static) --out FILE.
func Run(args []string) error {
	flags := flag.NewFlagSet("images", flag.ContinueOnError)
	busybox := flags.String("busybox", "", "static busybox")
	web := flags.String("web", "", "static demo server")
	out := flags.String("out", "", "tar to write")
	if err := flags.Parse(args); err != nil {
		return err
	}
	full, err := busyboxFiles(*busybox)
	if err != nil {
		return fmt.Errorf("busybox: %w", err)
	}
	program, err := os.ReadFile(*web)
	if err != nil {
		return err
	}
	demo := append(full[:len(full):len(full)], file{name: "bin/web", mode: 0o755, content: program})
	var result layout
	for _, i := range []image{
		{name: "archon.local/pause:1", files: full, command: []string{"/bin/sleep", "2147483647"}},
		{name: "archon.local/busybox:1", files: full, command: []string{"/bin/sh"}},
		{name: "archon.local/web:v1", files: demo, command: []string{"/bin/web"}, env: []string{"VERSION=v1"}},
		{name: "archon.local/web:v2", files: demo, command: []string{"/bin/web"}, env: []string{"VERSION=v2"}},
	} {
		if err := result.add(i); err != nil {
			return fmt.Errorf("%s: %w", i.name, err)
		}
	}
	return result.write(*out)
}

func (l *layout) add(i image) error {
	tar, err := pack(i.files)
	if err != nil {
		return err
	}
	var compressed bytes.Buffer
	zip, err := gzip.NewWriterLevel(&compressed, gzip.BestSpeed)
	if err != nil {
		return err
	}
	if _, err := zip.Write(tar); err != nil {
		return err
	}
	if err := zip.Close(); err != nil {
		return err
	}
	platform := object{"architecture": runtime.GOARCH, "os": "linux"}
	configuration, err := l.json("application/vnd.oci.image.config.v1+json", object{
		"architecture": runtime.GOARCH,
		"os":           "linux",
		"config":       object{"Env": append([]string{"PATH=/bin"}, i.env...), "Cmd": i.command},
		"rootfs":       object{"type": "layers", "diff_ids": []string{"sha256:" + digest(tar)}},
		"history":      []object{{"created_by": "archon lab"}},
	})
	if err != nil {
		return err
	}
	manifest, err := l.json("application/vnd.oci.image.manifest.v1+json", object{
		"schemaVersion": 2,
		"mediaType":     "application/vnd.oci.image.manifest.v1+json",
		"config":        configuration,
		"layers":        []object{l.blob("application/vnd.oci.image.layer.v1.tar+gzip", compressed.Bytes())},
	})
	if err != nil {
		return err
	}
	manifest["platform"] = platform
	manifest["annotations"] = object{
		"io.containerd.image.name":          i.name,
		"org.opencontainers.image.ref.name": i.name[strings.LastIndex(i.name, ":")+1:],
	}
	l.manifests = append(l.manifests, manifest)
	return nil
}

// blob stores content once and returns its descriptor.
func (l *layout) blob(mediaType string, content []byte) object {
	sum := digest(content)
	name := "blobs/sha256/" + sum
	known := false
	for _, b := range l.blobs {
		known = known || b.name == name
	}
	if !known {
		l.blobs = append(l.blobs, file{name: name, mode: 0o644, content: content})
	}
	return object{"mediaType": mediaType, "digest": "sha256:" + sum, "size": len(content)}
}

func (l *layout) json(mediaType string, value object) (object, error) {
	content, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	return l.blob(mediaType, content), nil
}

func (l *layout) write(out string) error {
	index, err := json.Marshal(object{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": l.manifests})
	if err != nil {
		return err
	}
	tar, err := pack(append([]file{
		{name: "oci-layout", mode: 0o644, content: []byte(`{"imageLayoutVersion":"1.0.0"}`)},
		{name: "index.json", mode: 0o644, content: index},
		{name: "blobs/", mode: 0o755},
		{name: "blobs/sha256/", mode: 0o755},
	}, l.blobs...))
	if err != nil {
		return err
	}
	return os.WriteFile(out, tar, 0o644)
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
