package app

import (
	"net"
	"net/netip"
	"strconv"
)

// network is the one that a host is listened on. An IPv4 address stands for itself alone: Go would take IPv6 too where it is
// 0.0.0.0, and who named it does not expect to be reached there.
func network(host string) string {
	if address, err := netip.ParseAddr(host); err == nil && address.Is4() {
		return "tcp4"
	}
	return "tcp"
}

// reachable are the hosts under which a listener is reached by others, for people to open: the machine's own addresses where
// it listens on all.
func reachable(listener *net.TCPAddr) []string {
	if !listener.IP.IsUnspecified() {
		return []string{listener.IP.String()}
	}
	var hosts []string
	own, _ := net.InterfaceAddrs() // without them the loopback address is left
	for _, address := range own {
		prefix, isNetwork := address.(*net.IPNet)
		if !isNetwork || !prefix.IP.IsGlobalUnicast() || listener.IP.To4() != nil && prefix.IP.To4() == nil {
			continue
		}
		hosts = append(hosts, prefix.IP.String())
	}
	if len(hosts) == 0 {
		return []string{"localhost"}
	}
	return hosts
}

func address(scheme, host string, port int) string {
	return scheme + "://" + net.JoinHostPort(host, strconv.Itoa(port))
}
