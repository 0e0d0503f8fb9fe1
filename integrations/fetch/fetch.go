// Package fetch is the one way out: the guarded HTTP client for everything that
// Throughline asks of other systems. Whoever names an upstream is not trusted to
// name a host inside the network, so addresses are judged twice: when a setting
// is saved (CheckURL), and on the very address that is dialled, because a name
// may resolve to something else by then. Environment proxies are not used: the
// address dialled would be theirs, and nothing could be judged.
package fetch

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"time"

	"throughline/models"
)

// Options are the limits of a Client. Zero values take the defaults.
type Options struct {
	Allow     []string      // HOST or HOST:PORT that may be on a private address (--allow-upstream)
	Timeout   time.Duration // of a whole exchange, body included; default 30 s
	MaxBytes  int64         // of an answer after decompression; default 32 MiB
	UserAgent string        // default "Throughline"
	Resolver  *net.Resolver // default the system's
}

// Client asks upstreams within the limits of its Options.
type Client struct {
	allow    allowList
	resolver *net.Resolver
	http     *http.Client
}

// New makes a client. Connections are kept and shared, so one per program will do.
func New(o Options) *Client {
	o = o.withDefaults()
	c := &Client{allow: newAllowList(o.Allow), resolver: o.Resolver}
	c.http = &http.Client{
		Timeout:       o.Timeout,
		CheckRedirect: sameOrigin,
		Transport:     &limits{next: c.transport(), maxBytes: o.MaxBytes, userAgent: o.UserAgent},
	}
	return c
}

func (o Options) withDefaults() Options {
	if o.Timeout <= 0 {
		o.Timeout = 30 * time.Second
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = 32 << 20
	}
	if o.UserAgent == "" {
		o.UserAgent = "Throughline"
	}
	if o.Resolver == nil {
		o.Resolver = net.DefaultResolver
	}
	return o
}

// HTTP is the guarded client, for libraries that take one. Its refusals are
// models.Error in the chain of the error that Do returns.
func (c *Client) HTTP() *http.Client { return c.http }

// CheckURL says in words why an address may not be asked, for a form before it
// is saved. It resolves the name; every address it has must be a public one,
// unless the host is on the allow list.
func (c *Client) CheckURL(ctx context.Context, raw string) error {
	u, err := parse(raw)
	if err != nil {
		return err
	}
	host, port := u.Hostname(), portOf(u)
	if c.allow.has(host, port) {
		return nil
	}
	if err := checkName(host, port); err != nil {
		return err
	}
	addresses, err := c.resolver.LookupNetIP(ctx, "ip", host)
	if err != nil || len(addresses) == 0 {
		return models.Errorf(models.Unprocessed, "The host %q was not found. Check its spelling.", host)
	}
	for _, a := range addresses {
		if err := checkAddress(a, host, port); err != nil {
			return err
		}
	}
	return nil
}

func parse(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Opaque != "" || u.Scheme == "":
		return nil, refuse("That is not a web address. Write it as https://host or http://host:port.")
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, refuse("Only http and https addresses can be used, not %q.", u.Scheme)
	case u.User != nil:
		return nil, refuse("Leave the user name and password out of the address; there are settings for them.")
	case u.Hostname() == "":
		return nil, refuse("The address names no host. Write it as https://host or http://host:port.")
	}
	return u, nil
}

func refuse(format string, args ...any) error {
	return models.Errorf(models.Unprocessed, format, args...)
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// sameOrigin follows a redirect only where the first request was allowed to go,
// so that neither the guard nor credentials are led elsewhere.
func sameOrigin(next *http.Request, via []*http.Request) error {
	first := via[0].URL
	if next.URL.Scheme != first.Scheme || next.URL.Host != first.Host {
		return refuse("The server sends callers on to %s://%s. Such redirects are not followed; enter that address if it is meant.",
			next.URL.Scheme, next.URL.Host)
	}
	if len(via) >= 5 {
		return refuse("The server at %s redirects in a circle.", first.Host)
	}
	return nil
}

// checkIP is checkAddress for what net hands to a dialer.
func checkIP(host, port, dialled string) error {
	ap, err := netip.ParseAddrPort(dialled)
	if err != nil {
		return refuse("The address %q of %s cannot be judged.", dialled, host)
	}
	return checkAddress(ap.Addr(), host, port)
}

// Dial connects to HOST:PORT within the same limits, for upstreams that do not
// speak HTTP. network is tcp.
func (c *Client) Dial(ctx context.Context, network, target string) (net.Conn, error) {
	if network != "tcp" {
		return nil, refuse("Only hosts can be asked, over TCP, not %q.", network)
	}
	return c.dial(ctx, network, target)
}

// Plain2 is a guarded client that speaks HTTP/2 without TLS to http addresses from
// the first byte, as gRPC servers expect.
func (c *Client) Plain2(o Options) *http.Client {
	o = o.withDefaults()
	t := c.transport()
	t.Protocols = new(http.Protocols)
	t.Protocols.SetUnencryptedHTTP2(true)
	return &http.Client{Timeout: o.Timeout, CheckRedirect: sameOrigin, Transport: &limits{next: t, maxBytes: o.MaxBytes, userAgent: o.UserAgent}}
}
