package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/check"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/report"
)

type checkOptions struct {
	configured
	guardrails string
	output     string
	failOn     string
	namespace  string
	labels     map[string]string
}

func checkCommand(io streams) *cobra.Command {
	o := checkOptions{failOn: "deny"}
	cmd := &cobra.Command{
		Use:   "check [FILE|DIR|-...]",
		Short: "Evaluate manifests as the cluster would",
		Long: "Evaluate manifests as the cluster would: Pods are completed with the defaults, in memory, and then validated.\n" +
			"Directories are read with all that is below them; - is standard input. What no guardrail evaluates is counted\n" +
			"and named, with the reason; kinds that Kubernetes never had are errors; what is not as its kind says is found\n" +
			"by the check schema, which warns. Without arguments the inputs of .taffrail.yaml are read; each of its keys is\n" +
			"a flag, and a flag wins.\n\n" +
			"Exit code: 0 nothing is denied, 1 findings, 2 input that cannot be read or bad usage.",
		Example: "  taffrail check deploy/\n" +
			"  helm template ./chart | taffrail check -\n" +
			"  helm template ./chart -n shop | taffrail check -n shop --namespace-labels environment=production -\n" +
			"  taffrail check --guardrails guardrails/ -o json deployment.yaml",
		RunE: func(cmd *cobra.Command, args []string) error {
			args, err := o.apply(cmd, args)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return errors.New("nothing to check: name files or directories, - for standard input, or inputs in .taffrail.yaml")
			}
			return o.place(o.check(cmd.Context(), io, args))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.guardrails, "guardrails", "", "a file or a directory of Guardrails and Exemptions; the built-in default when left out")
	flags.StringVarP(&o.output, "output", "o", "text", "text, concise for a line a finding, or json for machines")
	chooseVar(cmd, &o.failOn, "fail-on", "", "what makes the exit code 1: deny, warn for warnings too, or never", "deny", "warn", "never")
	flags.StringVarP(&o.namespace, "namespace", "n", "", "the namespace of objects that name none; left out, default")
	flags.StringToStringVar(&o.labels, "namespace-labels", nil, "the labels of Namespaces that are not among the inputs, as key=value,...; left out, what their names do not decide is taken to match")
	o.addFlags(cmd)
	complete(cmd, "namespace", cobra.NoFileCompletions)
	complete(cmd, "namespace-labels", cobra.NoFileCompletions)
	return cmd
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
	write, known := checkOutputs[o.output]
	if !known {
		return usage(fmt.Errorf("--output %q: must be text, concise or json", o.output))
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
	found, err := check.Run(ctx, check.Options{
		Objects: objects, Namespace: o.namespace, NamespaceLabels: o.labels, Excluded: excluded,
	}, io.in, args...)
	if err != nil {
		return usage(err)
	}
	found.WriteNotes(io.err)
	if err := write(io.out, found); err != nil {
		return &exitError{exitUsage, fmt.Errorf("writing the result: %w", err)}
	}
	return o.exit(found)
}

// checkOutputs are the forms of the result, by their names.
var checkOutputs = map[string]func(io.Writer, *report.Report) error{
	"text":    report.Concise,
	"concise": report.Concise,
	"json":    report.JSON,
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
