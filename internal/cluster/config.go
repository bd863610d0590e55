// Package cluster is what taffrail reads from a real API server, for the hot path to ask without
// waiting.
package cluster

import (
	"errors"
	"fmt"
	"os"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// ErrNone says that there is no cluster to talk to: not in a Pod, and no kubeconfig named.
var ErrNone = errors.New("no cluster: not in a Pod, and no --kubeconfig")

// Config says how to talk to the API server: as the kubeconfig file says, or, when that is empty,
// as the service account of the Pod that we run in. A kubeconfig in a home directory or in
// $KUBECONFIG is never looked at: whoever tries taffrail on a laptop would otherwise have it act on
// whatever cluster they last used.
func Config(kubeconfig, version string) (*rest.Config, error) {
	return ConfigOf(kubeconfig, "", version)
}

// ConfigOf is Config with a context of the kubeconfig; empty, its current one.
func ConfigOf(kubeconfig, context, version string) (*rest.Config, error) {
	config, err := load(kubeconfig, context)
	if err != nil {
		return nil, err
	}
	limit(config, version)
	return config, nil
}

func limit(config *rest.Config, version string) {
	config.UserAgent = "taffrail/" + version
	// The client's own 5 requests a second would fail the first Pods of a dozen new Namespaces.
	// What is left as a limit is for someone who calls the webhook directly with made-up
	// Namespaces: the API server must not feel it.
	config.QPS, config.Burst = 50, 100
}

// InPod says whether we run in a Pod, with a token or without.
func InPod() bool {
	return os.Getenv("KUBERNETES_SERVICE_HOST") != "" && os.Getenv("KUBERNETES_SERVICE_PORT") != ""
}

func load(kubeconfig, context string) (*rest.Config, error) {
	if kubeconfig == "" {
		config, err := rest.InClusterConfig()
		switch {
		case errors.Is(err, rest.ErrNotInCluster):
			return nil, ErrNone
		case err != nil:
			// In a Pod but without its token: to go on as if there were no cluster would silently
			// enforce other rules.
			return nil, fmt.Errorf("use the Pod's service account: %w: mount its token (automountServiceAccountToken), name a --kubeconfig, or unset KUBERNETES_SERVICE_HOST to run with no cluster", err)
		}
		return config, nil
	}
	// Not clientcmd.BuildConfigFromFlags: it falls back to the Pod's service account when the file
	// says nothing.
	file, err := (&clientcmd.ClientConfigLoadingRules{ExplicitPath: kubeconfig}).Load()
	if err != nil {
		return nil, fmt.Errorf("read --kubeconfig %s: %w", kubeconfig, err)
	}
	config, err := clientcmd.NewDefaultClientConfig(*file, &clientcmd.ConfigOverrides{CurrentContext: context}).ClientConfig()
	if clientcmd.IsEmptyConfig(err) {
		return nil, fmt.Errorf("use --kubeconfig %s: it names no cluster: set its current-context", kubeconfig)
	}
	if err != nil {
		return nil, fmt.Errorf("use --kubeconfig %s: %w", kubeconfig, err)
	}
	return config, nil
}
