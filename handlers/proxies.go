package handlers

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// behindProxies gives a request that came through trusted proxies the address of
// whoever they speak for. Nobody else's X-Forwarded-For is looked at.
func (h *Handlers) behindProxies(next http.Handler) http.Handler {
	if len(h.TrustedProxies) == 0 {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if client := h.client(r); client != "" {
			again := *r
			again.RemoteAddr = net.JoinHostPort(client, "0")
			r = &again
		}
		next.ServeHTTP(w, r)
	})
}

// client is the nearest hop that is no proxy of ours, read from the right: what
// stands further left anybody can have written. Empty when the peer itself is one.
func (h *Handlers) client(r *http.Request) (client string) {
	if !h.trusted(peer(r)) {
		return ""
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		addr, err := parseHop(strings.TrimSpace(hop))
		if err != nil {
			return client // the last one that a proxy of ours has seen
		}
		client = addr.Unmap().WithZone("").String()
		if !h.trusted(client) {
			return client
		}
	}
	return client
}

// parseHop reads an address; some proxies write its port, too.
func parseHop(hop string) (netip.Addr, error) {
	if with, err := netip.ParseAddrPort(hop); err == nil {
		return with.Addr(), nil
	}
	return netip.ParseAddr(hop)
}

func (h *Handlers) trusted(address string) bool {
	addr, err := netip.ParseAddr(address)
	return err == nil && slices.ContainsFunc(h.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(addr.Unmap().WithZone("")) })
}

// peer is the address at the other end of the connection, or the one that a
// trusted proxy speaks for. Headers of others are not believed.
func peer(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
