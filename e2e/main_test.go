//go:build e2e

// Package e2e drives the built program from outside: a real API server sends
// its reviews to a `taffrail serve` process, and kubectl shows what comes of it.
//
// `make e2e` runs it. A test starts a server, installs the webhook
// configurations of deploy/components/static that lead to it, and speaks kubectl:
//
//	parallel(t)
//	server := startTaffrail(t, options{guardrails: `...`})
//	installWebhooks(t, server)
//	namespace := cluster(t).namespace(t)
//	cluster(t).kubectl(t, manifest, "apply", "-n", namespace, "-f", "-").mustFail(t, "must not be true")
//
// The webhook configurations are cluster-wide, so each of the tests that run at a time has an API
// server of its own. It gets the next test when all that was written has been taken back.
package e2e

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
)

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

	// The API servers and kubectl inherit it: memory is there, and collecting garbage is a good
	// part of what they do.
	if err = os.Setenv("GOGC", "400"); err != nil {
		return 1, err
	}
	flag.Parse()
	if err = startClusters(assets); err != nil {
		return 1, err
	}
	defer func() {
		if stopErr := stopClusters(); stopErr != nil {
			code, err = 1, errors.Join(err, stopErr)
		}
	}()

	// envtest gives its processes a group of their own, so Ctrl-C does not reach them.
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-interrupted
		_ = stopClusters()
		_ = os.RemoveAll(scratch)
		os.Exit(130)
	}()

	return m.Run(), nil
}
