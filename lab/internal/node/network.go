package node

import (
	"errors"
	"fmt"
	"net"
	"syscall"

	"github.com/vishvananda/netlink"
)

// createBridge makes sure that the host's bridge is there, up and has its address.
func createBridge(spec *Spec) error {
	err := netlink.LinkAdd(&netlink.Bridge{LinkAttrs: netlink.LinkAttrs{Name: spec.Bridge}})
	if errors.Is(err, syscall.EPERM) || errors.Is(err, syscall.EOPNOTSUPP) {
		return fmt.Errorf("%w: a network bridge is refused (%v)", errUnavailable, err)
	}
	if err != nil && !errors.Is(err, syscall.EEXIST) {
		return fmt.Errorf("bridge %s: %w", spec.Bridge, err)
	}
	return raise(spec.Bridge, spec.HostAddress, spec.PrefixLength)
}

// connect gives the process's network namespace its eth0, plugged into the bridge, and routes pods and Services to it.
func connect(spec *Spec, pid int) error {
	hub, err := netlink.LinkByName(spec.Bridge)
	if err != nil {
		return fmt.Errorf("bridge %s: %w", spec.Bridge, err)
	}
	cable := &netlink.Veth{
		LinkAttrs:     netlink.LinkAttrs{Name: spec.veth(), MasterIndex: hub.Attrs().Index},
		PeerName:      "eth0",
		PeerNamespace: netlink.NsPid(pid),
	}
	if err := netlink.LinkAdd(cable); err != nil {
		return fmt.Errorf("veth %s: %w", spec.veth(), err)
	}
	if err := netlink.LinkSetUp(cable); err != nil {
		return err
	}
	for _, cidr := range []string{spec.PodCIDR, spec.ServiceCIDR} {
		_, network, err := net.ParseCIDR(cidr)
		if err != nil {
			return err
		}
		route := &netlink.Route{Dst: network, Gw: net.ParseIP(spec.Address), LinkIndex: hub.Attrs().Index}
		if err := netlink.RouteReplace(route); err != nil {
			return fmt.Errorf("route %s: %w", cidr, err)
		}
	}
	return nil
}

// configureInside brings up lo and eth0 in the node's own namespace.
func configureInside(spec *Spec) error {
	loopback, err := netlink.LinkByName("lo")
	if err != nil {
		return err
	}
	if err := netlink.LinkSetUp(loopback); err != nil {
		return err
	}
	if err := raise("eth0", spec.Address, spec.PrefixLength); err != nil {
		return err
	}
	return netlink.RouteAdd(&netlink.Route{Gw: net.ParseIP(spec.HostAddress)})
}

func raise(name, address string, prefixLength int) error {
	link, err := netlink.LinkByName(name)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	network := &net.IPNet{IP: net.ParseIP(address), Mask: net.CIDRMask(prefixLength, 32)}
	if err := netlink.AddrReplace(link, &netlink.Addr{IPNet: network}); err != nil {
		return fmt.Errorf("%s: address %s: %w", name, address, err)
	}
	return netlink.LinkSetUp(link)
}

// deleteLink removes an interface; one that doesn't exist is no error.
func deleteLink(name string) error {
	link, err := netlink.LinkByName(name)
	if errors.As(err, &netlink.LinkNotFoundError{}) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if err := netlink.LinkDel(link); err != nil && !errors.Is(err, syscall.ENODEV) {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}
