//go:build e2e

// Package e2e drives the built program from outside: a real API server sends
// its reviews to a `taffrail serve` process, and kubectl shows what comes of it.
//
// `make e2e` runs it. A test starts a server, installs the webhook
// configurations of deploy/components/static that lead to it, and speaks kubectl:
//
//	server := startTaffrail(t, options{guardrails: `...`})
//	installWebhooks(t, server)
//	namespace := cluster.namespace(t)
//	cluster.kubectl(t, manifest, "apply", "-n", namespace, "-f", "-").mustFail(t, "must not be true")
//
// The webhook configurations are cluster-wide, so tests do not run in parallel.
package e2e

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// cluster is the API server that all tests share.
var cluster *controlPlane

// scratch is a folder that is gone after the run.
var scratch string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "e2e:", err)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	assets := os.Getenv("KUBEBUILDER_ASSETS")
	if assets == "" {
		return 1, errors.New("KUBEBUILDER_ASSETS is not set; run `make e2e`, which builds the control plane and sets it")
	}

	if scratch, err = os.MkdirTemp("", "taffrail-e2e-"); err != nil {
		return 1, err
	}
	defer os.RemoveAll(scratch)

	if cluster, err = sharedCluster(assets); err != nil {
		return 1, err
	}
	defer func() {
		if stopErr := cluster.stop(); stopErr != nil {
			code, err = 1, errors.Join(err, stopErr)
		}
	}()
	fmt.Printf("API server %s at %s\n", cluster.version, cluster.config.Host)

	// envtest gives its processes a group of their own, so Ctrl-C does not reach them.
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-interrupted
		_ = cluster.stop()
		_ = os.RemoveAll(scratch)
		os.Exit(130)
	}()

	code = m.Run()
	if err := stopAll(); err != nil {
		return 1, err
	}
	return code, nil
}
