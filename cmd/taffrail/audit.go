package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/output"
	"taffrail.dev/taffrail/internal/report"
)

type auditOptions struct {
	kubeconfig, context string
	guardrails          string
	outputs             []string
	color               string
	failOn              string
	excluded            []string
	live                auditServeOptions
}

func auditCommand(io streams) *cobra.Command {
	var o auditOptions
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Evaluate what is already in a cluster, which stays as it is",
		Long: "Evaluate what is already in a cluster: each object as its creation would be, by the Guardrails and\n" +
			"Exemptions of the cluster, or by those of a file. Nothing needs to be installed, and nothing is written.\n" +
			"The cluster is the one that kubectl would ask; its server is printed first.\n\n" +
			"Findings of Pods are counted to the workload that controls them. What may not be listed is said, and\n" +
			"the rest is complete. Rules about the user of a request see one of no rights.\n\n" +
			"Exit code: 0 nothing would be refused, 1 findings, 2 no answer from the API server or bad usage.",
		Example: "  taffrail audit\n" +
			"  taffrail audit --guardrails guardrails/ --context staging\n" +
			"  taffrail audit -o text -o sarif=audit.sarif -o openreports=reports.yaml",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.live.check(cmd); err != nil {
				return usage(err)
			}
			if o.live.on {
				return o.serve(cmd, io)
			}
			return o.run(cmd.Context(), io)
		},
	}
	flags := cmd.Flags()
	kubectlFlags(cmd, &o.kubeconfig, &o.context)
	flags.StringVar(&o.guardrails, "guardrails", "", "a file or a directory of Guardrails and Exemptions; left out, those of the cluster")
	flags.StringArrayVarP(&o.outputs, "output", "o", []string{"text"}, "NAME or NAME=FILE, may be repeated: "+strings.Join(auditFormNames(), ", "))
	complete(cmd, "output", cobra.FixedCompletions(auditFormCompletions(), cobra.ShellCompDirectiveNoSpace)) // =FILE may follow
	o.color = "auto"
	chooseVar(cmd, &o.color, "color", "", "auto for color on a terminal, always, or never", "auto", "always", "never")
	o.failOn = "deny"
	chooseVar(cmd, &o.failOn, "fail-on", "", "what makes the exit code 1: deny, warn for warnings too, or never", "deny", "warn", "never")
	flags.StringSliceVar(&o.excluded, "exclude-namespaces", nil, "namespaces that no guardrail ever matches in, besides "+strings.Join(guardrail.DefaultExcludedNamespaces, ", ")+"; those that `taffrail serve` has")
	o.live.addFlags(cmd)
	return cmd
}

func (o *auditOptions) run(ctx context.Context, std streams) error {
	outputs, err := output.Parse(o.outputs, auditFormNames())
	if err != nil {
		return usage(fmt.Errorf("--output %w", err))
	}
	var fromFile *guardrail.Objects
	if o.guardrails != "" {
		objects, err := files.Load(o.guardrails)
		if err != nil {
			return usage(err)
		}
		fromFile = &objects
	}
	opened, err := output.Open(outputs)
	if err != nil {
		return usage(fmt.Errorf("--output %w", err))
	}
	defer opened.Close()
	from, server, err := o.connect(std)
	if err != nil {
		return usage(err)
	}
	objects, err := o.objects(ctx, from, fromFile, std.err)
	if err != nil {
		return usage(err)
	}
	progress := newProgress(std.err)
	found, err := audit.Run(ctx, from, audit.Options{
		Guardrails: objects, ExcludedNamespaces: guardrail.ExcludedNamespaces(o.excluded...), Stored: fromFile == nil, Progress: progress.objects,
	})
	progress.erase()
	if err != nil {
		return usage(err)
	}
	if err := o.write(std, opened, found, server); err != nil {
		return &exitError{exitUsage, err}
	}
	s := found.Summary
	if o.failOn != "never" && s.Denied > 0 || o.failOn == "warn" && s.Warned > 0 {
		return &exitError{code: exitFailed}
	}
	return nil
}

func (o *auditOptions) connect(io streams) (from audit.Cluster, server string, err error) {
	config, _, err := ask(io, o.kubeconfig, o.context)
	if err != nil {
		return from, "", err
	}
	from, err = reach(config)
	return from, config.Host, err
}

// reach is the cluster that a config leads to.
func reach(config *rest.Config) (from audit.Cluster, err error) {
	clients := cluster.NewClients(config)
	if from.Discovery, err = clients.Discovery(); err != nil {
		return from, err
	}
	from.Objects, err = clients.Unversioned()
	return from, err
}

// objects are the Guardrails of the file, or of the cluster, with the Exemptions of both.
func (o *auditOptions) objects(ctx context.Context, from audit.Cluster, fromFile *guardrail.Objects, notes io.Writer) (guardrail.Objects, error) {
	stored, err := audit.Stored(ctx, from)
	switch {
	case err != nil && fromFile != nil:
		fmt.Fprintf(notes, "the Exemptions of the cluster count for nothing: %v\n", err)
		return *fromFile, nil
	case err != nil:
		return guardrail.Objects{}, err
	case fromFile != nil:
		fromFile.Exemptions = append(fromFile.Exemptions, stored.Exemptions...)
		fromFile.AddKits(stored.Kits)
		return *fromFile, nil
	case len(stored.Guardrails) == 0:
		fmt.Fprintln(notes, "the cluster has no Guardrail: evaluated by the built-in default (--guardrails names others)")
		objects := guardrail.Default()
		objects.Exemptions, objects.Kits = stored.Exemptions, stored.Kits
		return objects, nil
	}
	return stored, nil
}

// write writes every output. What could not be looked at is said on standard error where nobody reads
// it on standard output.
func (o *auditOptions) write(std streams, opened *output.Opened, found *audit.Report, server string) error {
	if !slices.Contains(o.outputs, "text") {
		for _, note := range found.Notes {
			fmt.Fprintln(std.err, note)
		}
	}
	return opened.Each(std.out, func(w io.Writer, to output.Output) error {
		setting := report.Setting{Version: version, Path: func(object string) string { return object }, Cluster: server, Summary: found.Headline()}
		if to.File == "" {
			setting.Look = lookOf(std.out, o.color)
		}
		return writeAudit(w, to.Name, found, &setting)
	})
}
