package fetch

import (
	"net"
	"net/netip"
	"strings"
)

// refused are the ranges that are not somebody's public server, by IANA's
// special-purpose registries. Of IPv6 only 2000::/3 is public at all.
var refused = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
	"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15",
	"198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
	"2001::/23" /* Teredo and other protocols */, "2001:db8::/32", "2002::/16" /* 6to4 */, "3fff::/20")

var publicV6 = netip.MustParsePrefix("2000::/3")

func prefixes(texts ...string) (list []netip.Prefix) {
	for _, t := range texts {
		list = append(list, netip.MustParsePrefix(t))
	}
	return list
}

// public tells whether anybody on the internet could have this address.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if a.Is6() && (a.Zone() != "" || !publicV6.Contains(a)) {
		return false
	}
	for _, p := range refused {
		if p.Contains(a) {
			return false
		}
	}
	return a.IsValid()
}

func checkAddress(a netip.Addr, host, port string) error {
	if public(a) {
		return nil
	}
	return refuse("%s is a private or reserved address (%s). If it may be asked, start Throughline with --allow-upstream %s.",
		host, a.Unmap(), net.JoinHostPort(host, port))
}

// checkName judges what can be judged without asking the resolver: addresses in
// unusual spellings, which resolvers read differently, and names for inside use.
func checkName(host, port string) error {
	if a, err := netip.ParseAddr(host); err == nil {
		if a.Is4In6() {
			return refuse("Write the address %s as %s.", host, a.Unmap())
		}
		return checkAddress(a, host, port)
	}
	name := normal(host)
	last := name[strings.LastIndexByte(name, '.')+1:]
	switch {
	case last == "" || last[0] >= '0' && last[0] <= '9':
		return refuse("%q is not a host name; write an address with four numbers, such as 192.0.2.10.", host)
	case last == "localhost" || last == "local" || last == "internal" || strings.HasSuffix(name, ".home.arpa"):
		return refuse("%s is a name inside a private network. If it may be asked, start Throughline with --allow-upstream %s.",
			host, net.JoinHostPort(host, port))
	}
	return nil
}

// allowList holds what the operator opened.
type allowList map[string]bool

func newAllowList(entries []string) allowList {
	list := allowList{}
	for _, e := range entries {
		if host, port, err := net.SplitHostPort(e); err == nil {
			list[net.JoinHostPort(normal(host), port)] = true
			continue
		}
		list[normal(strings.Trim(e, "[]"))] = true
	}
	return list
}

func (l allowList) has(host, port string) bool {
	host = normal(host)
	return l[host] || l[net.JoinHostPort(host, port)]
}

// normal is one spelling for each host.
func normal(host string) string {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.String()
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}
