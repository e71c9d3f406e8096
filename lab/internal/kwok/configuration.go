package kwok

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"sigs.k8s.io/kwok/kustomize/metrics/resource"
	"sigs.k8s.io/kwok/kustomize/metrics/usage"
	nodefast "sigs.k8s.io/kwok/kustomize/stage/node/fast"
	"sigs.k8s.io/kwok/kustomize/stage/node/heartbeat"
	podfast "sigs.k8s.io/kwok/kustomize/stage/pod/fast"
)

// Node leases are off: after a restart kwok would leave pods pending until the leases of its predecessor end.
// kwok fills in no defaults once it reads a file, so that every number is given. More workers race more often for
// the address of a pod, which costs a retry.
const options = `apiVersion: config.kwok.x-k8s.io/v1alpha1
kind: KwokConfiguration
options:
  cidr: 10.245.0.0/16
  nodeIP: 127.0.0.1
  manageAllNodes: false
  manageNodesWithAnnotationSelector: kwok.x-k8s.io/node=fake
  nodeLeaseDurationSeconds: 0
  nodeLeaseParallelism: 4
  podPlayStageParallelism: 4
  nodePlayStageParallelism: 4
  enablePodsOnNodeSyncStreamWatch: true
  enableDebuggingHandlers: true
  enableCRDs: []
`

const logs = `apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterLogs
metadata: {name: logs}
spec: {logs: [{logsFile: %q, follow: false}]}
`

// exec runs commands of fake pods on this machine, as nobody where kwok itself is root.
const exec = `apiVersion: kwok.x-k8s.io/v1alpha1
kind: ClusterExec
metadata: {name: exec}
spec: {execs: [{local: {workDir: /%s}}]}
`

// PrintConfiguration writes kwok's configuration file to stdout: options, stages, metrics, logs and exec of fake pods.
// Arguments: --log-file FILE, what every fake pod's log shows (CRI format).
func PrintConfiguration(args []string) error {
	flags := flag.NewFlagSet("kwok-configuration", flag.ContinueOnError)
	logFile := flags.String("log-file", "", "log of every fake pod, in CRI format")
	if err := flags.Parse(args); err != nil {
		return err
	}
	identity := ""
	if os.Getuid() == 0 {
		identity = ", securityContext: {runAsUser: 65534, runAsGroup: 65534}"
	}
	_, err := fmt.Print(strings.Join([]string{
		options,
		nodefast.DefaultNodeInit,
		heartbeat.DefaultNodeHeartbeat,
		podfast.DefaultPodReady,
		podfast.DefaultPodComplete,
		podfast.DefaultPodDelete,
		usage.DefaultUsageFromAnnotation,
		resource.DefaultMetricsResource,
		fmt.Sprintf(logs, *logFile),
		fmt.Sprintf(exec, identity),
	}, "\n---\n"))
	return err
}
