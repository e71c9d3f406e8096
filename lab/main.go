// Command lab holds every program that a local Kubernetes cluster needs. Its name (a symbolic link) or its first argument chooses the program.
package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loadbalance"
	_ "github.com/coredns/coredns/plugin/log"
	"github.com/spf13/cobra"
	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/apiserver/pkg/server"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	kubectl "k8s.io/kubectl/pkg/cmd"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllermanager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
	metricsserver "sigs.k8s.io/metrics-server/cmd/metrics-server/app"

	"archon/lab/internal/benchbackend"
	"archon/lab/internal/benchload"
	"archon/lab/internal/images"
	"archon/lab/internal/kwok"
	"archon/lab/internal/node"
)

// kubernetes are the programs that come as cobra commands and run with Kubernetes' own logging and signal habits.
var kubernetes = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": controllermanager.NewControllerManagerCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
	"kube-proxy":              proxy.NewProxyCommand,
	"kubectl":                 kubectl.NewDefaultKubectlCommand,
	"metrics-server": func() *cobra.Command {
		return metricsserver.NewMetricsServerCommand(server.SetupSignalHandler())
	},
}

// own are this module's subcommands; they get the arguments that follow their name.
var own = map[string]func(args []string) error{
	"bench-backend":      benchbackend.Run,
	"bench-load":         benchload.Run,
	"images":             images.Run,
	"kwok-configuration": kwok.PrintConfiguration,
	"node":               node.Run,
}

func main() {
	name := filepath.Base(os.Args[0])
	if !isProgram(name) && len(os.Args) > 1 {
		os.Args = os.Args[1:]
		name = os.Args[0]
	}
	os.Exit(run(name))
}

func isProgram(name string) bool {
	return kubernetes[name] != nil || name == "kwok" || name == "etcd" || name == "coredns"
}

func run(name string) int {
	switch {
	case kubernetes[name] != nil:
		return cli.Run(kubernetes[name]())
	case name == "etcd":
		etcdmain.Main(os.Args)
		return 0
	case name == "coredns":
		coremain.Run()
		return 0
	}
	err := fmt.Errorf("unknown program %q", name)
	if name == "kwok" {
		var command *cobra.Command
		if command, err = kwok.Command(); err == nil {
			return cli.Run(command)
		}
	} else if subcommand := own[name]; subcommand != nil {
		err = subcommand(os.Args[1:])
	}
	if err == nil {
		return 0
	}
	fmt.Fprintf(os.Stderr, "lab: %v\n", err)
	return node.ExitCode(err)
}
