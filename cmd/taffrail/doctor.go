package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/doctor"
)

func doctorCommand(io streams) *cobra.Command {
	var kubeconfig, context, output string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check an installation, and say what is wrong, what will go wrong, and what to do",
		Long: "Check an installation, and say what is wrong, what will go wrong, and what to do.\n" +
			"It only reads, and sends one dry run. What it may not read it says, and does not count as a\n" +
			"finding: deploy/doctor-rbac.yaml has all the rights that it can use.\n\n" +
			"Exit code: 0 all is well, 1 something is wrong or will go wrong, 2 bad usage, or no answer from\n" +
			"the API server.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, ofPod, err := ask(io, kubeconfig, context)
			if err != nil {
				return usage(err)
			}
			installation, err := doctor.New(config, version, ofPod)
			if err != nil {
				return usage(err)
			}
			report := doctor.Examine(cmd.Context(), installation)
			write := report.WriteText
			if output == "json" {
				write = report.WriteJSON
			}
			if err := write(io.out); err != nil {
				return &exitError{exitFailed, fmt.Errorf("write the report: %w", err)}
			}
			if report.Found() {
				return &exitError{code: exitFailed}
			}
			return nil
		},
	}
	kubectlFlags(cmd, &kubeconfig, &context)
	output = "text"
	chooseVar(cmd, &output, "output", "o", "text or json", "text", "json")
	return cmd
}

// clusterFlags say which cluster a command is about.
func clusterFlags(cmd *cobra.Command, kubeconfig, context *string) {
	cmd.Flags().StringVar(kubeconfig, "kubeconfig", "", "the file that says how to reach the cluster; left out, the cluster that taffrail runs in")
	cmd.Flags().StringVar(context, "context", "", "the context of the kubeconfig; left out, its current one")
}

// kubectlFlags say which cluster a command asks that only reads.
func kubectlFlags(cmd *cobra.Command, kubeconfig, context *string) {
	cmd.Flags().StringVar(kubeconfig, "kubeconfig", "", "the file that says how to reach the cluster; left out, what kubectl uses")
	cmd.Flags().StringVar(context, "context", "", "the context of the kubeconfig; left out, its current one")
}

// ask is how to reach the cluster that kubectl would ask. It says first whom it is going to ask: the
// kubeconfig may be of another cluster than somebody thinks.
func ask(io streams, kubeconfig, context string) (config *rest.Config, ofPod bool, err error) {
	config, ofPod, err = cluster.KubectlConfig(kubeconfig, context, version)
	if err == nil {
		fmt.Fprintf(io.err, "server %s\n", config.Host)
	}
	return config, ofPod, err
}

// connect is how to reach the cluster that the flags name. None is guessed.
func connect(kubeconfig, context string) (*rest.Config, error) {
	if context != "" && kubeconfig == "" {
		return nil, errors.New("--context goes with --kubeconfig")
	}
	config, err := cluster.ConfigOf(kubeconfig, context, version)
	if errors.Is(err, cluster.ErrNone) {
		// A whole command would lack what else was typed: pasted without --webhooks-only, it
		// uninstalls.
		return nil, errors.New("which cluster? Add `--kubeconfig ~/.kube/config`")
	}
	return config, err
}
