package node

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

type object = map[string]any

// containerd's images come from the import alone, or from registries that have a hosts.toml below certs.d in the state folder.
// restrict_oom_score_adj: without CAP_SYS_RESOURCE, runc can't start a container whose score is lower than its own.
var containerdConfiguration = template.Must(template.New("containerd").Parse(`version = 2
root = "{{.State}}/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = [
  "io.containerd.internal.v1.opt",
  "io.containerd.snapshotter.v1.aufs",
  "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs",
]
[grpc]
  address = "{{.Socket}}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "archon.local/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "{{.CNIPath}}"
    conf_dir = "{{.State}}/etc/cni"
  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "{{.State}}/certs.d"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "{{.Snapshotter}}"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`))

var corefile = template.Must(template.New("Corefile").Parse(`.:53 {
  bind {{.Address}}
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig "{{.Kubeconfigs.CoreDNS}}"
    ttl 2
  }
  cache 2
}
`))

func writeConfiguration(spec *Spec) error {
	kind, err := snapshotter(spec.State)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(spec.path("certs.d"), 0o755); err != nil {
		return err
	}
	// Where every query for a name outside the cluster goes; nothing listens there.
	if err := write(spec.path("etc", "resolv.conf"), "nameserver 127.0.0.1\n"); err != nil {
		return err
	}
	if err := writeTemplate(spec.path("etc", "containerd.toml"), containerdConfiguration, struct {
		*Spec
		Socket, Snapshotter string
	}{spec, containerdSocket, kind}); err != nil {
		return err
	}
	if err := writeTemplate(spec.path("etc", "Corefile"), corefile, spec); err != nil {
		return err
	}
	for file, value := range map[string]object{
		"cni/10-bridge.conflist": cniConfiguration(spec),
		"kubelet.json":           kubeletConfiguration(spec),
		"kube-proxy.json":        kubeProxyConfiguration(spec),
	} {
		content, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			return err
		}
		if err := write(spec.path("etc", file), string(content)); err != nil {
			return err
		}
	}
	return nil
}

func cniConfiguration(spec *Spec) object {
	return object{"cniVersion": "1.0.0", "name": "lab", "plugins": []object{
		{
			"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
			"ipam": object{
				"type": "host-local", "dataDir": "/run/cni",
				"ranges": [][]object{{{"subnet": spec.PodCIDR}}}, "routes": []object{{"dst": "0.0.0.0/0"}},
			},
		},
		{"type": "portmap", "capabilities": object{"portMappings": true}},
	}}
}

func kubeletConfiguration(spec *Spec) object {
	return object{
		"apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
		"failCgroupV1": false, "cgroupDriver": "cgroupfs", "cgroupRoot": "/" + spec.Cgroup, "failSwapOn": false, "oomScoreAdj": 0,
		"containerRuntimeEndpoint": "unix://" + containerdSocket,
		"authentication": object{
			"anonymous": object{"enabled": false}, "webhook": object{"enabled": true}, "x509": object{"clientCAFile": spec.ClientCA},
		},
		"authorization": object{"mode": "Webhook"},
		"tlsCertFile":   spec.Certificate, "tlsPrivateKeyFile": spec.Key,
		"clusterDNS": []string{spec.Address}, "clusterDomain": "cluster.local", "resolvConf": spec.path("etc", "resolv.conf"),
		// The disk belongs to the machine: neither its fill level nor the kubelet may cost a test its pods or images.
		"evictionHard": object{
			"memory.available": "0%", "nodefs.available": "0%", "imagefs.available": "0%", "nodefs.inodesFree": "0%",
		},
		"imageGCHighThresholdPercent": 100, "imageGCLowThresholdPercent": 99,
		// Preloaded images were pulled by nobody, so that there is no credential to verify again.
		"imagePullCredentialsVerificationPolicy": "NeverVerify",
		"serializeImagePulls":                    false,
		"kubeAPIQPS":                             100, "kubeAPIBurst": 200,
		"volumePluginDir": "/var/lib/kubelet/volume-plugins",
	}
}

func kubeProxyConfiguration(spec *Spec) object {
	return object{
		"apiVersion": "kubeproxy.config.k8s.io/v1alpha1", "kind": "KubeProxyConfiguration",
		"mode": "iptables", "clientConnection": object{"kubeconfig": spec.Kubeconfigs.KubeProxy}, "hostnameOverride": spec.Name,
		"clusterCIDR": spec.PodCIDR, "oomScoreAdj": 0, "conntrack": object{"maxPerCore": 0},
		"iptables": object{"minSyncPeriod": "0s"}, "nodePortAddresses": []string{spec.Address + "/32"},
	}
}

func writeTemplate(file string, source *template.Template, value any) error {
	var content strings.Builder
	if err := source.Execute(&content, value); err != nil {
		return err
	}
	return write(file, content.String())
}

func write(file, content string) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, []byte(content), 0o644)
}
