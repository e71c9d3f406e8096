// Package kwok runs kwok inside a binary that also holds Kubernetes' own programs, and prints the configuration that the lab gives it.
package kwok

import (
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"k8s.io/apiserver/pkg/server"
	"sigs.k8s.io/kwok/pkg/config"
	"sigs.k8s.io/kwok/pkg/kwok/cmd"
	"sigs.k8s.io/kwok/pkg/log"
)

// Command is kwok's root command.
func Command() (*cobra.Command, error) {
	// component-base has put a --version that is no boolean into the global flag set; kwok's own would collide with it.
	pflag.CommandLine = pflag.NewFlagSet("kwok", pflag.ContinueOnError)
	global := pflag.NewFlagSet("global", pflag.ContinueOnError)
	global.ParseErrorsAllowlist.UnknownFlags = true
	global.Usage = func() {}
	ctx, _ := log.InitFlags(server.SetupSignalContext(), global)
	ctx, err := config.InitFlags(ctx, global)
	if err != nil {
		return nil, fmt.Errorf("kwok configuration: %w", err)
	}
	command := cmd.NewCommand(ctx)
	command.PersistentFlags().AddFlagSet(global)
	// The context carries what --config holds; without it kwok finds no stages.
	command.SetContext(ctx)
	return command, nil
}
