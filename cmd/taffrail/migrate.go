package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/migrate"
	"taffrail.dev/taffrail/internal/migrate/policy"
	"taffrail.dev/taffrail/internal/output"
)

type migrateOptions struct {
	out                 string
	outputs             []string
	kubeconfig, context string
	prove               []string
}

// migrateForms are the forms of the report.
var migrateForms = []string{"text", "json", "markdown"}

func migrateCommand(std streams) *cobra.Command {
	o := migrateOptions{}
	cmd := &cobra.Command{
		Use:   "migrate [FILE|DIR|-...]",
		Short: "Make Guardrails and Exemptions of the policies of other tools",
		Long: "Make Guardrails and Exemptions of the policies of Kyverno, Gatekeeper, ValidatingAdmissionPolicy,\n" +
			"PodSecurityPolicy, Pod Security labels, Polaris, kube-linter and k-rail.\n\n" +
			"They go to standard output, or with --out to a directory, a file each. The report says of each rule whether it\n" +
			"is exact, nearly the same with the difference, or left with the reason; it goes to standard error, or to the\n" +
			"file of --report. With --kubeconfig or --context the policies of a cluster are read as well; nothing is\n" +
			"written there.\n\n" +
			"Exit code: 0 all rules are taken over, 1 something is left, 2 input that cannot be read or bad usage.",
		Example: "  taffrail migrate policies/ >guardrails.yaml\n" +
			"  taffrail migrate --out guardrails/ --report markdown=report.md kyverno/ gatekeeper/\n" +
			"  kubectl get clusterpolicies -o yaml | taffrail migrate -\n" +
			"  taffrail migrate --kubeconfig ~/.kube/config --out guardrails/\n" +
			"  taffrail migrate --prove deploy/ policies/ reports.yaml",
		RunE: func(cmd *cobra.Command, args []string) error { return o.run(cmd.Context(), std, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.out, "out", "", "a directory for a file each and a kustomization.yaml; left out, all goes to standard output")
	flags.StringArrayVar(&o.outputs, "report", nil, "NAME or NAME=FILE, may be repeated: "+strings.Join(migrateForms, ", ")+"; without a file it goes to standard error; left out, text")
	complete(cmd, "report", cobra.FixedCompletions(migrateForms, cobra.ShellCompDirectiveNoSpace)) // =FILE may follow
	flags.StringArrayVar(&o.prove, "prove", nil, "manifests to evaluate by what the policies have become: a file, a directory, or `cluster`; repeatable. The verdicts are told by policy, next to those of PolicyReports and of constraints' status where these are among the inputs")
	kubectlFlags(cmd, &o.kubeconfig, &o.context)
	return cmd
}

func (o *migrateOptions) run(ctx context.Context, std streams, args []string) error {
	if len(args) == 0 && !o.fromCluster() {
		return errors.New("nothing to migrate: name files or directories, - for standard input, or a cluster with --kubeconfig or --context")
	}
	forms := o.outputs
	if len(forms) == 0 {
		forms = []string{"text"}
	}
	outputs, err := output.Parse(forms, migrateForms)
	if err != nil {
		return usage(fmt.Errorf("--report %w", err))
	}
	opened, err := output.Open(outputs)
	if err != nil {
		return usage(fmt.Errorf("--report %w", err))
	}
	defer opened.Close()
	result, err := o.migrate(ctx, std, args)
	if err != nil {
		return usage(err)
	}
	if err := o.write(std, opened, result); err != nil {
		return &exitError{exitUsage, err}
	}
	switch {
	case len(result.Errors) > 0:
		return &exitError{code: exitUsage}
	case result.Summary.Left > 0:
		return &exitError{code: exitFailed}
	}
	return nil
}

func (o *migrateOptions) fromCluster() bool { return o.kubeconfig != "" || o.context != "" }

func (o *migrateOptions) migrate(ctx context.Context, std streams, args []string) (*migrate.Result, error) {
	in, wrong := migrate.Read(std.in, args...)
	if o.fromCluster() {
		if err := o.list(ctx, std, in); err != nil {
			return nil, err
		}
	}
	result := migrate.Run(in)
	result.Errors = wrong
	switch {
	case len(o.prove) == 0:
		return result, nil
	case !slices.Contains(o.prove, "cluster"):
		return result, result.ProveManifests(ctx, in, std.in, o.prove...)
	case len(o.prove) > 1:
		return nil, errors.New("--prove: must be manifests or cluster, not both")
	}
	return result, o.proveCluster(ctx, std, in, result)
}

// proveCluster evaluates what is in the cluster. What is found of Pods is told of what controls them.
func (o *migrateOptions) proveCluster(ctx context.Context, std streams, in *policy.Inputs, result *migrate.Result) error {
	config, _, err := ask(std, o.kubeconfig, o.context)
	if err != nil {
		return err
	}
	clients, of := cluster.NewClients(config), audit.Cluster{}
	if of.Discovery, err = clients.Discovery(); err != nil {
		return err
	}
	if of.Objects, err = clients.Unversioned(); err != nil {
		return err
	}
	found, err := audit.Run(ctx, of, audit.Options{Guardrails: result.Objects})
	if err != nil {
		return err
	}
	var all []migrate.Found
	for i := range found.Results {
		f := &found.Results[i]
		all = append(all, migrate.Found{Guardrail: f.Guardrail, Validator: f.Validator, Kind: f.Kind, Namespace: f.Namespace, Name: f.Name})
	}
	result.Prove(in, all, func(string, string, string) bool { return true })
	return nil
}

func (o *migrateOptions) write(std streams, opened *output.Opened, result *migrate.Result) error {
	for _, err := range result.Errors {
		fmt.Fprintln(std.err, err)
	}
	if len(result.Errors) > 0 && len(result.Rows) == 0 {
		return nil // a report of nothing would only be in the way
	}
	write := result.WriteYAML
	if o.out != "" {
		write = func(io.Writer) error { return result.WriteDirectory(o.out) }
	}
	if err := write(std.out); err != nil {
		return err
	}
	return opened.Each(std.err, func(w io.Writer, to output.Output) error {
		switch to.Name {
		case "json":
			return result.WriteJSON(w)
		case "markdown":
			return result.WriteMarkdown(w)
		}
		return result.WriteText(w)
	})
}

// list reads the policies of the cluster that kubectl would ask.
func (o *migrateOptions) list(ctx context.Context, std streams, in *policy.Inputs) error {
	config, _, err := ask(std, o.kubeconfig, o.context)
	if err != nil {
		return err
	}
	clients := cluster.NewClients(config)
	known, err := clients.Discovery()
	if err != nil {
		return err
	}
	objects, err := clients.Unversioned()
	if err != nil {
		return err
	}
	return migrate.Cluster(ctx, known, objects, in)
}
