package config

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"strings"
)

// URL is the address that people use.
type URL struct {
	*url.URL
	text string
}

// UnmarshalJSON implements json.Unmarshaler. What is wrong with it is said by check.
func (u *URL) UnmarshalJSON(data []byte) (err error) {
	if err := json.Unmarshal(data, &u.text); err != nil {
		return err
	}
	u.URL, _ = url.Parse(u.text)
	return nil
}

// Proxy is the address of a proxy, or of a network of them.
type Proxy string

// network reads a proxy's address, which may stand for many.
func (p Proxy) network() (netip.Prefix, error) {
	if strings.Contains(string(p), "/") {
		prefix, err := netip.ParsePrefix(string(p))
		return prefix.Masked(), err
	}
	address, err := netip.ParseAddr(string(p))
	if err != nil {
		return netip.Prefix{}, err
	}
	return address.Unmap().Prefix(address.Unmap().BitLen())
}

// Proxies are the networks of the trusted proxies.
func (s Server) Proxies() (networks []netip.Prefix) {
	for _, p := range s.TrustedProxies {
		if network, err := p.network(); err == nil {
			networks = append(networks, network)
		}
	}
	return networks
}

func (c *Config) checkProxies(problems *Problems) {
	for _, p := range c.Server.TrustedProxies {
		if _, err := p.network(); err != nil {
			problems.add("server.trusted_proxies", "%q is no address such as 127.0.0.1 and no network such as 10.0.0.0/8", string(p))
		}
	}
	u := c.Server.PublicURL
	switch {
	case u.text == "":
	case u.URL == nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		problems.add("server.public_url", "%q is no address such as https://gpu.example.org", u.text)
	case u.Path != "" && u.Path != "/":
		problems.add("server.public_url", "%q has a path, but the web client works at the root of a name only: "+
			"give the service a name of its own, such as https://gpu.example.org", u.text)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		problems.add("server.public_url", "%q holds more than a scheme, a name and a port, such as https://gpu.example.org", u.text)
	}
}

// IsLoopback reports whether an address to listen on is for users of this machine only.
func IsLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}
