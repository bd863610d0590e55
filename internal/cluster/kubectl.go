package cluster

import (
	"errors"
	"fmt"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// KubectlConfig says how to talk to the API server that kubectl would talk to: as the kubeconfig file
// says or, when that is empty, those that $KUBECONFIG names, or that of the home directory, or as the
// service account of the Pod that we run in. It is for commands that only read, and that say first
// whom they ask.
func KubectlConfig(kubeconfig, context, version string) (config *rest.Config, ofPod bool, err error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	file, err := rules.Load()
	if err != nil {
		return nil, false, fmt.Errorf("reading how to reach the cluster: %w", err)
	}
	if len(file.Clusters) == 0 && kubeconfig == "" && InPod() {
		config, err = Config("", version)
		return config, true, err
	}
	config, err = clientcmd.NewDefaultClientConfig(*file, &clientcmd.ConfigOverrides{CurrentContext: context}).ClientConfig()
	switch {
	case clientcmd.IsEmptyConfig(err) && kubeconfig == "":
		return nil, false, errors.New("which cluster? neither --kubeconfig, nor $KUBECONFIG, nor ~/.kube/config names one")
	case clientcmd.IsEmptyConfig(err):
		return nil, false, fmt.Errorf("use --kubeconfig %s: it names no cluster: set its current-context", kubeconfig)
	case err != nil:
		return nil, false, fmt.Errorf("reading how to reach the cluster: %w", err)
	}
	limit(config, version)
	return config, false, nil
}
