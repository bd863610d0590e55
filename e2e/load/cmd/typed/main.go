// Command typed is a webhook server as controller-runtime would have it written, with a defaulter and
// validators of types that do what the default guardrail does.
package main

import (
	"context"
	"crypto/tls"
	"flag"
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/go-logr/logr"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook"

	"taffrail.dev/taffrail/e2e/load/certificate"
	"taffrail.dev/taffrail/e2e/load/typed"
)

func main() {
	address := flag.String("bind-address", "127.0.0.1:9443", "where reviews are taken, over TLS")
	flag.Parse()
	fmt.Fprintln(os.Stderr, serve(*address))
	os.Exit(1)
}

func serve(address string) error {
	ctrllog.SetLogger(logr.Discard()) // it is not measured what a log costs
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	own, err := certificate.SelfSigned()
	if err != nil {
		return err
	}
	webhooks, err := typed.Webhooks()
	if err != nil {
		return err
	}
	server := webhook.NewServer(webhook.Options{Host: host, Port: number, TLSOpts: []func(*tls.Config){func(config *tls.Config) {
		config.GetCertificate = func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return &own, nil }
	}}})
	for path, handler := range webhooks {
		server.Register(path, handler)
	}
	return server.Start(context.Background())
}
