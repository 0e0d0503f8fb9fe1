package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

type healthCommand struct {
	Addr string `setting:"" default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"Address that the server listens on."`
}

// Run asks /readyz. It is what the container's health check calls.
func (c healthCommand) Run(a *app) error {
	if !isAddress(c.Addr) {
		return wrong{fmt.Sprintf("--addr (%s): %q is not HOST:PORT.", variable("addr"), c.Addr)}.err()
	}
	client := &http.Client{Timeout: 4 * time.Second}
	answer, err := client.Get("http://" + reachable(c.Addr) + "/readyz")
	if err != nil {
		return fmt.Errorf("nobody answers at %s: %w", c.Addr, err)
	}
	defer answer.Body.Close()
	reason, _ := io.ReadAll(io.LimitReader(answer.Body, 1000))
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s", strings.TrimSpace(string(reason)))
	}
	fmt.Fprintln(a.stdout, "ready")
	return nil
}

// reachable is a listening address as one to call: ":8080" is this machine's.
func reachable(addr string) string {
	host, port, _ := net.SplitHostPort(addr)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
