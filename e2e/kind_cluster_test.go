//go:build e2e && kind

package e2e

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"testing"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/e2e-framework/pkg/env"
	"sigs.k8s.io/e2e-framework/pkg/envconf"
)

// shared is the cluster that TAFFRAIL_E2E_KUBECONFIG leads to. Any will do that reaches this
// machine: its API server calls the servers that tests start.
var shared *controlPlane

func cluster(*testing.T) *controlPlane { return shared }

// parallel is for where each test has an API server; here all have the same, one after the other.
func parallel(*testing.T) {}

func stopClusters() error { return nil }

func startClusters(assets string) (err error) {
	file := os.Getenv("TAFFRAIL_E2E_KUBECONFIG")
	if file == "" {
		return errors.New("TAFFRAIL_E2E_KUBECONFIG is not set; run `make e2e-kind`, which sets it, or name the kubeconfig of a cluster that may be spoilt")
	}
	environment = env.NewWithKubeConfig(file)
	client, err := environment.EnvConf().NewClient()
	if err != nil {
		return fmt.Errorf("use TAFFRAIL_E2E_KUBECONFIG %s: %w", file, err)
	}
	c := &controlPlane{config: rest.CopyConfig(client.RESTConfig()), kubeconfig: file, assets: assets}
	if err := c.describe(); err != nil {
		return fmt.Errorf("reach the cluster of TAFFRAIL_E2E_KUBECONFIG %s: %w", file, err)
	}
	shared = c
	c.address, err = reachable()
	return err
}

// environment is the same cluster, as e2e-framework sees it.
var environment env.Environment = env.NewWithConfig(envconf.New())

// reachable is an address of this machine that the cluster reaches:
// TAFFRAIL_E2E_ADDRESS, or the gateway of kind's network.
func reachable() (string, error) {
	address := os.Getenv("TAFFRAIL_E2E_ADDRESS")
	if net.ParseIP(strings.TrimSpace(address)) == nil {
		return "", fmt.Errorf("TAFFRAIL_E2E_ADDRESS is %q: must be an IP address of this machine that the cluster's API server reaches", address)
	}
	return strings.TrimSpace(address), nil
}
