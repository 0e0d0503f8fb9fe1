package handlers

import (
	"net/http"
	"net/netip"
	"testing"

	"github.com/stretchr/testify/require"
)

func trusting(networks ...string) func(*Options) {
	return func(o *Options) {
		for _, n := range networks {
			o.TrustedProxies = append(o.TrustedProxies, netip.MustParsePrefix(n))
		}
	}
}

// Row 44: only what a trusted proxy has seen itself is believed.
func TestForwardedForIsReadFromTheRight(t *testing.T) {
	for _, c := range []struct {
		name, peer, forwarded, from string
	}{
		{"no proxy in between", "203.0.113.9", "192.0.2.1", "203.0.113.9"},
		{"one proxy", "10.0.0.1", "203.0.113.9", "203.0.113.9"},
		{"what the client wrote is left of it", "10.0.0.1", "1.1.1.1, 203.0.113.9", "203.0.113.9"},
		{"two proxies", "10.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"},
		{"the client forges a proxy", "10.0.0.1", "10.9.9.9, 203.0.113.9", "203.0.113.9"},
		{"nonsense on the right", "10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"},
		{"nonsense behind a proxy", "10.0.0.1", "unknown, 10.0.0.2", "10.0.0.2"},
		{"no header", "10.0.0.1", "", "10.0.0.1"},
		{"a port", "10.0.0.1", "203.0.113.9:4711", "203.0.113.9"},
		{"IPv6", "::ffff:10.0.0.1", "[2001:db8::1]:443", "2001:db8::1"},
		{"IPv6 without a port", "10.0.0.1", "2001:db8::1", "2001:db8::1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := &Handlers{}
			trusting("10.0.0.0/8")(&h.Options)
			var from string
			r := &http.Request{RemoteAddr: "[" + c.peer + "]:1234", Header: http.Header{"X-Forwarded-For": {c.forwarded}}}
			h.behindProxies(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { from = peer(r) })).ServeHTTP(nil, r)
			require.Equal(t, c.from, from)
		})
	}
}
