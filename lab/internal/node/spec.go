package node

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
)

// Spec describes one node. Every name and address that the machine shares with others is in it, so that nodes run side by side.
type Spec struct {
	Name string `json:"name"`
	// State is the folder of what outlives the node's processes: containerd's root, the kubelet's folder, pod logs.
	State string `json:"state"`
	// Logs is the folder of the logs of the node's programs; their names begin with LogPrefix.
	Logs      string `json:"logs"`
	LogPrefix string `json:"logPrefix"`
	// Bridge is the interface on the host; its address is HostAddress. The node's address is Address, in the same network.
	Bridge       string `json:"bridge"`
	HostAddress  string `json:"hostAddress"`
	Address      string `json:"address"`
	PrefixLength int    `json:"prefixLength"`
	// PodCIDR and ServiceCIDR are routed from the host to the node.
	PodCIDR     string `json:"podCIDR"`
	ServiceCIDR string `json:"serviceCIDR"`
	// Cgroup is the name of the node's control group below the root.
	Cgroup string `json:"cgroup"`
	// Path, LibraryPath, XtablesPath and CNIPath say where containerd, runc, iptables and the CNI plugins are.
	Path        []string `json:"path"`
	LibraryPath string   `json:"libraryPath"`
	XtablesPath string   `json:"xtablesPath"`
	CNIPath     string   `json:"cniPath"`
	// Images is an OCI layout in a tar; it is imported once per path.
	Images string `json:"images"`
	// Keep are folders that the node needs even if they lie below /run or /var/lib, of which it has its own.
	Keep []string `json:"keep"`
	// ClientCA, Certificate and Key are the kubelet's serving side, PEM files.
	ClientCA    string      `json:"clientCA"`
	Certificate string      `json:"certificate"`
	Key         string      `json:"key"`
	Kubeconfigs Kubeconfigs `json:"kubeconfigs"`

	file string
}

// Kubeconfigs are the paths of what each program uses to reach the API server.
type Kubeconfigs struct {
	Kubelet   string `json:"kubelet"`
	KubeProxy string `json:"kubeProxy"`
	CoreDNS   string `json:"coreDNS"`
}

func readSpec(file string) (*Spec, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	spec := &Spec{file: file}
	if err := json.Unmarshal(content, spec); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return spec, nil
}

// veth is the host's end of the node's cable.
func (s *Spec) veth() string { return s.Bridge + "-node" }

// path is a place in the node's state folder.
func (s *Spec) path(elements ...string) string {
	return filepath.Join(append([]string{s.State}, elements...)...)
}
