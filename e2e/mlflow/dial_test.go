package mlflow

import (
	"context"
	"net"
	"net/http"
)

// dialling is a client that reaches one address by whatever name.
func dialling(address string) *http.Client {
	return &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}}
}
