package fetch

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"

	"throughline/models"
)

func (c *Client) transport() *http.Transport {
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            c.dial,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    10 * time.Second,
		ExpectContinueTimeout:  time.Second,
		IdleConnTimeout:        90 * time.Second,
		MaxIdleConnsPerHost:    2,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// dial connects to host:port and judges each address that is really tried. A
// name on the allow list may be private, but only an address that is itself on
// the list may be link-local: that is where clouds hand out credentials.
func (c *Client) dial(ctx context.Context, network, target string) (net.Conn, error) {
	host, port, err := net.SplitHostPort(target)
	if err != nil {
		return nil, err
	}
	allowed := c.allow.has(host, port)
	d := net.Dialer{Timeout: 10 * time.Second, Resolver: c.resolver}
	d.Control = func(_, dialled string, _ syscall.RawConn) error {
		if allowed && (isAddress(host) || !linkLocal(dialled)) {
			return nil
		}
		return checkIP(host, port, dialled)
	}
	if !allowed {
		if err := checkName(host, port); err != nil {
			return nil, err
		}
	}
	return d.DialContext(ctx, network, target)
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}

func linkLocal(dialled string) bool {
	ap, err := netip.ParseAddrPort(dialled)
	return err != nil || ap.Addr().Unmap().IsLinkLocalUnicast()
}

// limits bounds every answer and names the caller.
type limits struct {
	next      http.RoundTripper
	maxBytes  int64
	userAgent string
}

// RoundTrip is http.RoundTripper.
func (l *limits) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Header.Get("User-Agent") == "" {
		r = r.Clone(r.Context())
		r.Header.Set("User-Agent", l.userAgent)
	}
	resp, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	resp.Body = &limitedBody{ReadCloser: resp.Body, left: l.maxBytes, max: l.maxBytes, host: r.URL.Host}
	return resp, nil
}

// limitedBody fails when more comes than is allowed, so that a cut answer is
// never taken for a whole one.
type limitedBody struct {
	io.ReadCloser
	left, max int64
	host      string
}

// Read is io.Reader.
func (b *limitedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, models.Errorf(models.TooLarge, "The answer of %s is larger than %d bytes.", b.host, b.max)
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return n - 1, models.Errorf(models.TooLarge, "The answer of %s is larger than %d bytes.", b.host, b.max)
	}
	return n, err
}
