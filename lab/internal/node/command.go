// Package node runs one real Kubernetes node in namespaces of its own: one killed process ends all that belongs to it.
package node

import (
	"errors"
	"flag"
	"fmt"
)

// errUnavailable means that this machine can't run a node, whatever the spec says.
var errUnavailable = errors.New("no real node on this machine")

// ExitCode is 3 when this machine can't run a node, else 1.
func ExitCode(err error) int {
	if errors.Is(err, errUnavailable) {
		return 3
	}
	return 1
}

// Run is `lab node VERB --spec FILE`:
//
//	bridge  checks that this machine can run a node and creates the bridge, to which the API server binds
//	up      runs the node until it is killed or one of its programs ends
//	init    is what `up` starts as PID 1 of the node
//	down    removes what outlives the node's processes: cable, control groups, bridge
func Run(args []string) error {
	verbs := map[string]func(*Spec) error{"bridge": bridge, "up": up, "init": initialize, "down": down}
	if len(args) == 0 || verbs[args[0]] == nil {
		return errors.New("usage: lab node bridge|up|down --spec FILE")
	}
	flags := flag.NewFlagSet("node", flag.ContinueOnError)
	file := flags.String("spec", "", "description of the node, JSON")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	spec, err := readSpec(*file)
	if err != nil {
		return fmt.Errorf("node spec: %w", err)
	}
	return verbs[args[0]](spec)
}

func bridge(spec *Spec) error {
	if err := checkMachine(); err != nil {
		return err
	}
	return createBridge(spec)
}

func down(spec *Spec) error {
	return errors.Join(deleteLink(spec.veth()), removeCgroups(spec.Cgroup), deleteLink(spec.Bridge))
}
