package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/check"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/output"
	"taffrail.dev/taffrail/internal/report"
)

type checkOptions struct {
	configured
	rendered   renderedInputs
	cluster    clusterNamespaces
	guardrails string
	outputs    []string
	color      string
	failOn     string
	namespace  string
	labels     map[string]string
}

func checkCommand(io streams) *cobra.Command {
	o := checkOptions{failOn: "deny", color: "auto"}
	cmd := &cobra.Command{
		Use:   "check [FILE|DIR|-...]",
		Short: "Evaluate manifests as the cluster would",
		Long: "Evaluate manifests as the cluster would: Pods are completed with the defaults, in memory, and then validated.\n" +
			"Directories are read with all that is below them, patterns such as 'deploy/**/*.yaml' as a shell would; - is\n" +
			"standard input. What is no manifest is passed over in them, and counted. What no guardrail evaluates is counted\n" +
			"and named, with the reason; kinds that Kubernetes never had are errors; what is not as its kind says is found\n" +
			"by the check schema, which warns. Without arguments the inputs of .taffrail.yaml are read; each of its keys is\n" +
			"a flag, and a flag wins.\n\n" +
			"A comment `# taffrail:ignore CHECK: REASON` on a line or above it, or an annotation ignore.taffrail.dev/CHECK\n" +
			"on an object, has a finding count for nothing here. The cluster knows nothing of these.\n\n" +
			"Exit code: 0 nothing is denied, 1 findings, 2 input that cannot be read or bad usage.",
		Example: "  taffrail check deploy/\n" +
			"  taffrail check -k deploy/overlays/production\n" +
			"  taffrail check --helm charts/web --values production.yaml -n shop\n" +
			"  kustomize build deploy/ | taffrail check -n shop --namespace-labels environment=production -\n" +
			"  taffrail check --guardrails guardrails/ -o json deployment.yaml\n" +
			"  taffrail check -o text -o sarif=report.sarif deploy/",
		RunE: func(cmd *cobra.Command, args []string) error {
			named := len(args) > 0
			args, err := o.apply(cmd, args)
			switch {
			case err != nil:
				return err
			case !named && !o.rendered.none():
				args = nil // what is to be rendered is named in place of the inputs of the file
			}
			if len(args) == 0 && o.rendered.none() {
				return errors.New("nothing to check: name files or directories, - for standard input, -k DIR, --helm CHART, or inputs in .taffrail.yaml")
			}
			return o.place(o.check(cmd.Context(), io, args))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.guardrails, "guardrails", "", "a file or a directory of Guardrails and Exemptions; the built-in default when left out")
	flags.StringArrayVarP(&o.outputs, "output", "o", []string{"text"}, "NAME or NAME=FILE, may be repeated: text, concise, json, sarif, junit, github, gitlab or checkstyle")
	chooseVar(cmd, &o.color, "color", "", "auto for color on a terminal, always, or never", "auto", "always", "never")
	chooseVar(cmd, &o.failOn, "fail-on", "", "what makes the exit code 1: deny, warn for warnings too, or never", "deny", "warn", "never")
	flags.StringVarP(&o.namespace, "namespace", "n", "", "the namespace of objects that name none; left out, default")
	flags.StringToStringVar(&o.labels, "namespace-labels", nil, "the labels of Namespaces that are not among the inputs, as key=value,...; left out, what their names do not decide is taken to match")
	o.addFlags(cmd)
	complete(cmd, "namespace", cobra.NoFileCompletions)
	complete(cmd, "namespace-labels", cobra.NoFileCompletions)
	complete(cmd, "output", cobra.FixedCompletions(outputNames(), cobra.ShellCompDirectiveNoSpace)) // =FILE may follow
	o.rendered.addFlags(cmd)
	o.cluster.addFlags(cmd)
	return cmd
}

func outputNames() (all []cobra.Completion) {
	for _, format := range report.Formats() {
		all = append(all, cobra.CompletionWithDesc(format.Name, format.About))
	}
	return all
}

// checkNamespace finds what no Namespace can be called, and labels that none can have.
func (o *checkOptions) checkNamespace() error {
	if o.namespace != "" {
		if wrong := validation.IsDNS1123Label(o.namespace); len(wrong) > 0 {
			return fmt.Errorf("--namespace %q: %s", o.namespace, wrong[0])
		}
	}
	return metav1validation.ValidateLabels(o.labels, field.NewPath("--namespace-labels")).ToAggregate()
}

func (o *checkOptions) check(ctx context.Context, io streams, args []string) error {
	collectLate()
	outputs, err := output.Parse(o.outputs, report.Names())
	if err != nil {
		return usage(fmt.Errorf("--output %w", err))
	}
	setting, err := o.setting(io)
	if err != nil {
		return usage(err)
	}
	if err := o.checkNamespace(); err != nil {
		return usage(err)
	}
	excluded, err := o.excluded()
	if err != nil {
		return err
	}
	objects := guardrail.Default()
	if o.guardrails != "" {
		if objects, err = files.Load(o.guardrails); err != nil {
			return usage(err)
		}
	}
	rendered, err := o.rendered.render(ctx, o.namespace)
	if err != nil {
		return usage(err)
	}
	namespaces, err := o.cluster.read(ctx, io.err)
	if err != nil {
		return usage(err)
	}
	opened, err := output.Open(outputs)
	if err != nil {
		return usage(fmt.Errorf("--output %w", err))
	}
	defer opened.Close()
	progress := newProgress(io.err)
	found, err := check.Run(ctx, check.Options{
		Objects: objects, Namespace: o.namespace, NamespaceLabels: o.labels, Excluded: excluded,
		Rendered: rendered, Namespaces: namespaces, Excerpts: output.Quotes(outputs), Progress: progress.files,
	}, io.in, args...)
	progress.erase()
	if err != nil {
		return usage(err)
	}
	if err := opened.Write(io.out, found, setting, func() bool { return found.WriteNotes(io.err) }); err != nil {
		return &exitError{exitUsage, err}
	}
	return o.exit(found)
}

// setting is what the outputs need to know of where they are.
func (o *checkOptions) setting(io streams) (s report.Setting, err error) {
	s.Version, s.Look = version, lookOf(io.out, o.color)
	directory, err := os.Getwd()
	if err != nil {
		return s, fmt.Errorf("the working directory: %w", err)
	}
	s.Path = output.Repository(directory)
	return s, nil
}

// exit is the exit code. That something could not be read weighs more than what was found in the rest.
func (o *checkOptions) exit(r *report.Report) error {
	switch {
	case len(r.Errors) > 0:
		return &exitError{code: exitUsage}
	case o.failOn == "never":
		return nil
	case r.Summary.Denied > 0, o.failOn == "warn" && r.Summary.Warned > 0:
		return &exitError{code: exitFailed}
	default:
		return nil
	}
}
