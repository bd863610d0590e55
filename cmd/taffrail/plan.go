package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/check"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/output"
	"taffrail.dev/taffrail/internal/plan"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/report"
)

type planOptions struct {
	checkOptions
	manifests           []string
	auditLog            string
	kubeconfig, context string
	excludedNamespaces  []string
	asked               bool // the cluster, whose answers follow
	clients             cluster.Clients
	clusterOf           audit.Cluster
	stored              guardrail.Objects
	namespaces          []metav1.PartialObjectMetadata
}

func planCommand(std streams) *cobra.Command {
	o := planOptions{checkOptions: checkOptions{color: "auto"}}
	cmd := &cobra.Command{
		Use:   "plan OLD NEW",
		Short: "Say what would become different when guardrails OLD become NEW",
		Long: "Say what would become different when guardrails OLD become NEW: what is newly refused, newly warned of, newly\n" +
			"changed by defaults, and what no longer. Both are evaluated as the webhook would, and nothing is written.\n\n" +
			"OLD and NEW are a file, a directory, REV:PATH for one of a git revision, the name of a ready-made guardrail,\n" +
			"`cluster` for what is in force there, or `none`.\n\n" +
			"They are compared by what is in a cluster, each object as its creation would be; with --manifests, -k or --helm\n" +
			"by manifests, as `taffrail check` reads them; with --audit-log by the requests of an API server's audit log\n" +
			"(audit.k8s.io/v1 at level Request, JSON lines, compressed by gzip or not, - for standard input). The cluster is\n" +
			"the one that kubectl would ask; its server is printed first.\n\n" +
			"Exit code: 0 nothing is newly refused, 1 something is, 2 no answer from the API server, input that cannot be\n" +
			"read or bad usage.",
		Example: "  taffrail plan cluster guardrails/\n" +
			"  taffrail plan baseline restricted --manifests deploy/\n" +
			"  taffrail plan origin/main:guardrails guardrails --manifests deploy/ -o markdown >comment.md\n" +
			"  taffrail plan cluster guardrails/ --audit-log /var/log/kubernetes/audit.log\n" +
			"  zcat audit-*.log.gz | taffrail plan none restricted --audit-log -",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 2 {
				return errors.New("must name two guardrails, OLD and NEW")
			}
			return nil
		},
		ValidArgsFunction: completeSides,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(o.manifests) > 0 || !o.rendered.none() {
				if _, err := o.apply(cmd, o.manifests); err != nil {
					return err
				}
			}
			return o.place(o.run(cmd.Context(), std, args))
		},
	}
	flags := cmd.Flags()
	flags.StringArrayVar(&o.manifests, "manifests", nil, "a file or a directory of manifests, or - for standard input; repeatable")
	o.rendered.addFlags(cmd)
	flags.StringVar(&o.auditLog, "audit-log", "", "an API server's audit log, or - for standard input")
	kubectlFlags(cmd, &o.kubeconfig, &o.context)
	flags.StringArrayVarP(&o.outputs, "output", "o", []string{"text"}, "NAME or NAME=FILE, may be repeated: "+strings.Join(planForms, ", ")+", for the comment of a pull request")
	complete(cmd, "output", cobra.FixedCompletions(planForms, cobra.ShellCompDirectiveNoSpace)) // =FILE may follow
	_ = flags.SetAnnotation("output", ownForms, []string{})                                     // which fails for a flag that there is not
	chooseVar(cmd, &o.color, "color", "", "auto for color on a terminal, always, or never", "auto", "always", "never")
	flags.StringVarP(&o.namespace, "namespace", "n", "", "the namespace of manifests that name none; left out, default")
	flags.StringToStringVar(&o.labels, "namespace-labels", nil, "the labels of Namespaces that neither the input nor a cluster tells of, as key=value,...; left out, what their names do not decide is taken to match")
	flags.StringSliceVar(&o.excludedNamespaces, "exclude-namespaces", nil, "namespaces that no guardrail ever matches in, besides "+strings.Join(guardrail.DefaultExcludedNamespaces, ", ")+"; those that `taffrail serve` has")
	o.addFlags(cmd)
	complete(cmd, "namespace", cobra.NoFileCompletions)
	complete(cmd, "namespace-labels", cobra.NoFileCompletions)
	return cmd
}

// planForms are the forms of a plan.
var planForms = []string{"text", "json", "markdown"}

// completeSides completes the words that are no files.
func completeSides(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 1 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return append(files.ReadyMadeNames(), plan.Cluster, plan.None), cobra.ShellCompDirectiveDefault
}

func (o *planOptions) run(ctx context.Context, std streams, args []string) error {
	if err := o.checkSources(); err != nil {
		return usage(err)
	}
	outputs, err := output.Parse(o.outputs, planForms)
	if err != nil {
		return usage(fmt.Errorf("--output %w", err))
	}
	from, to, err := o.sides(ctx, std, args)
	if err != nil {
		return usage(err)
	}
	opened, err := output.Open(outputs)
	if err != nil {
		return usage(fmt.Errorf("--output %w", err))
	}
	defer opened.Close()
	p, err := o.compare(ctx, std, from, to)
	if err != nil {
		return usage(printable.Error(err))
	}
	if err := o.write(std, opened, p); err != nil {
		return &exitError{exitUsage, err}
	}
	switch {
	case len(p.Errors) > 0:
		return &exitError{code: exitUsage}
	case p.Refuses():
		return &exitError{code: exitFailed}
	}
	return nil
}

func (o *planOptions) byManifests() bool { return len(o.manifests) > 0 || !o.rendered.none() }

func (o *planOptions) checkSources() error {
	switch {
	case o.auditLog != "" && o.byManifests():
		return errors.New("--audit-log and manifests: must be one of them")
	case o.namespace != "" && !o.byManifests():
		return errors.New("--namespace goes with --manifests")
	case len(o.labels) > 0 && !o.byManifests() && o.auditLog == "":
		return errors.New("--namespace-labels goes with --manifests or --audit-log: a cluster tells them")
	case o.byManifests() && len(o.excludedNamespaces) > 0:
		return errors.New("--exclude-namespaces goes with a cluster or --audit-log: of manifests, --exclude leaves files out")
	}
	return o.checkNamespace()
}

// sides reads OLD and NEW, and asks the cluster where they or what they are compared by are in it.
func (o *planOptions) sides(ctx context.Context, std streams, args []string) (from, to *plan.Side, err error) {
	var sides [2]*plan.Side
	for i, name := range args {
		if name == plan.Cluster {
			continue
		}
		if sides[i], err = plan.Load(ctx, name); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", [2]string{"OLD", "NEW"}[i], err)
		}
	}
	if sides[0] == nil || sides[1] == nil || o.auditLog == "" && !o.byManifests() || o.kubeconfig != "" || o.context != "" {
		if err := o.ask(ctx, std, sides[0] == nil || sides[1] == nil); err != nil {
			return nil, nil, err
		}
	}
	for i := range sides {
		if sides[i] == nil {
			sides[i] = plan.InForce(o.stored)
		}
	}
	plan.Share(sides[0], sides[1], o.stored.Exemptions)
	for _, side := range sides {
		if !side.Stored {
			side.Objects.AddKits(o.stored.Kits)
		}
	}
	return sides[0], sides[1], nil
}

// ask reads what a cluster tells. Without rights to its Guardrails and Exemptions objects can be
// compared all the same, where neither side is the cluster's.
func (o *planOptions) ask(ctx context.Context, std streams, guardrails bool) error {
	config, _, err := ask(std, o.kubeconfig, o.context)
	if err != nil {
		return err
	}
	o.asked, o.clients = true, cluster.NewClients(config)
	if o.clusterOf.Discovery, err = o.clients.Discovery(); err != nil {
		return err
	}
	if o.clusterOf.Objects, err = o.clients.Unversioned(); err != nil {
		return err
	}
	o.stored, err = audit.Stored(ctx, o.clusterOf)
	if err != nil && !guardrails {
		fmt.Fprintf(std.err, "the Exemptions of the cluster count for nothing: %v\n", err)
		o.stored, err = guardrail.Objects{}, nil
	}
	return err
}

func (o *planOptions) compare(ctx context.Context, std streams, from, to *plan.Side) (*plan.Plan, error) {
	progress := newProgress(std.err)
	defer progress.erase()
	if o.auditLog == "" && !o.byManifests() {
		return plan.Live(ctx, o.clusterOf, from, to, plan.LiveOptions{ExcludedNamespaces: guardrail.ExcludedNamespaces(o.excludedNamespaces...), Progress: func(objects int) {
			progress.show(func() string { return fmt.Sprintf("%d objects", objects) })
		}})
	}
	if o.asked {
		var err error
		if o.namespaces, err = o.clients.ListNamespaces(ctx); err != nil {
			return nil, err
		}
	}
	if o.auditLog != "" {
		return o.compareLog(ctx, std, progress, from, to)
	}
	excluded, err := o.excluded()
	if err != nil {
		return nil, err
	}
	rendered, err := o.rendered.render(ctx, o.namespace)
	if err != nil {
		return nil, err
	}
	return plan.Manifests(ctx, from, to, check.Options{
		Namespace: o.namespace, NamespaceLabels: o.labels, Excluded: excluded, Rendered: rendered,
		Namespaces: o.namespaces, Progress: progress.files,
	}, std.in, o.manifests...)
}

func (o *planOptions) compareLog(ctx context.Context, std streams, progress *progress, from, to *plan.Side) (*plan.Plan, error) {
	log := std.in
	if o.auditLog != "-" {
		file, err := os.Open(o.auditLog)
		if err != nil {
			return nil, fmt.Errorf("--audit-log: %w", err)
		}
		defer file.Close()
		log = file
	}
	return plan.AuditLog(ctx, from, to, plan.LogOptions{
		ExcludedNamespaces: guardrail.ExcludedNamespaces(o.excludedNamespaces...), Namespaces: o.namespaces, NamespaceLabels: o.labels,
	}, &watched{log, 0, progress})
}

// watched is a log, and how much of it has been read.
type watched struct {
	io.Reader
	read     int64
	progress *progress
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.read += int64(n)
	w.progress.show(func() string { return fmt.Sprintf("%d MB of the audit log", w.read/1e6) })
	return n, err
}

func (o *planOptions) write(std streams, opened *output.Opened, p *plan.Plan) error {
	for i := range p.Errors {
		fmt.Fprintln(std.err, &p.Errors[i])
	}
	for _, note := range p.Notes {
		fmt.Fprintln(std.err, printable.Text(note))
	}
	return opened.Each(std.out, func(w io.Writer, to output.Output) error {
		switch {
		case to.Name == "json":
			return p.WriteJSON(w)
		case len(p.Errors) > 0 && p.Summary.Objects == 0:
			return nil // nothing was compared, and nothing can be said
		case to.Name == "markdown":
			return p.WriteMarkdown(w)
		case to.File == "":
			return p.WriteText(w, lookOf(std.out, o.color))
		}
		return p.WriteText(w, report.Look{})
	})
}
