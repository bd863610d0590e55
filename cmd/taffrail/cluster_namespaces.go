package main

import (
	"context"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/cluster"
)

// clusterNamespaces are the flags for a cluster whose Namespaces have the labels that selectors look at.
type clusterNamespaces struct{ kubeconfig, context string }

func (c *clusterNamespaces) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&c.kubeconfig, "kubeconfig", "", "a kubeconfig: the labels of Namespaces that are not among the inputs are read from its cluster; left out, no cluster is asked")
	flags.StringVar(&c.context, "context", "", "the context of the kubeconfig; left out, its current one")
}

// read reads the Namespaces, if a cluster is named. None is guessed, neither from the environment nor
// from a home directory: the same command finds the same everywhere.
func (c *clusterNamespaces) read(ctx context.Context, say io.Writer) ([]metav1.PartialObjectMetadata, error) {
	if c.kubeconfig == "" && c.context == "" {
		return nil, nil
	}
	config, err := connect(c.kubeconfig, c.context)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(say, "reading the labels of Namespaces from %s\n", config.Host)
	namespaces, err := cluster.NewClients(config).ListNamespaces(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w; without --kubeconfig, --namespace-labels says what labels there are", err)
	}
	return namespaces, nil
}
