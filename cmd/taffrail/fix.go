package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/check"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/fix"
)

type fixOptions struct {
	checkOptions
	only         []string
	unsafe       bool
	diff, write  bool
	errors, left int
}

func fixCommand(io streams) *cobra.Command {
	o := fixOptions{checkOptions: checkOptions{color: "auto"}}
	cmd := &cobra.Command{
		Use:   "fix [FILE|DIR|-...]",
		Short: "Write defaults and mechanical fixes into manifests",
		Long: "Write into manifests the defaults that Pods would get, also into the templates of Pods, and the fixes of findings\n" +
			"that can be made mechanically. Every byte that is not part of a fix stays as it is: comments, quotes, order, line\n" +
			"ends. A second run changes nothing. Without a flag the result goes to standard output.\n\n" +
			"Fixes that change what an object does are made with --unsafe. What is left is told on standard error, a line each.\n" +
			"A file that cannot be read whole is left as it is, and nothing goes to standard output then. Helm templates are\n" +
			"refused: fix the values of the chart, or what it renders. Without arguments the inputs of .taffrail.yaml are fixed.\n\n" +
			"Exit code: 0 nothing is left, 1 something is left that it could not fix, 2 input that cannot be read or bad usage.",
		Example: "  taffrail fix deployment.yaml > fixed.yaml\n" +
			"  taffrail fix --diff deploy/\n" +
			"  taffrail fix --write --only default-resource-requests --only pod-security/runAsNonRoot deploy/\n" +
			"  helm template ./chart | taffrail fix - | kubectl apply -f -",
		RunE: func(cmd *cobra.Command, args []string) error {
			args, err := o.apply(cmd, args)
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return errors.New("nothing to fix: name files or directories, - for standard input, or inputs in .taffrail.yaml")
			}
			return o.place(o.fix(cmd.Context(), io, args))
		},
	}
	flags := cmd.Flags()
	flags.BoolVar(&o.diff, "diff", false, "print what would be different, as diff -u does")
	flags.BoolVarP(&o.write, "write", "w", false, "write the files in place: a crash leaves the old or the new one")
	flags.StringSliceVar(&o.only, "only", nil, "fix only this check, control (pod-security/runAsNonRoot) or default; may be given more than once")
	flags.BoolVar(&o.unsafe, "unsafe", false, "make fixes that change what an object does, too")
	flags.StringVar(&o.guardrails, "guardrails", "", "a file or a directory of Guardrails and Exemptions; the built-in default when left out")
	flags.StringVarP(&o.namespace, "namespace", "n", "", "the namespace of objects that name none; left out, default")
	flags.StringToStringVar(&o.labels, "namespace-labels", nil, "the labels of Namespaces that are not among the inputs, as key=value,...; left out, what their names do not decide is taken to match")
	chooseVar(cmd, &o.color, "color", "", "of the diff: auto for color on a terminal, always, or never", "auto", "always", "never")
	o.addFlags(cmd)
	complete(cmd, "only", func(cmd *cobra.Command, _ []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return completeNames(cmd, nil, typed)
	})
	complete(cmd, "namespace", cobra.NoFileCompletions)
	complete(cmd, "namespace-labels", cobra.NoFileCompletions)
	return cmd
}

func (o *fixOptions) fix(ctx context.Context, io streams, args []string) error {
	collectLate()
	if err := o.checkNamespace(); err != nil {
		return usage(err)
	}
	if o.write && slices.Contains(args, "-") {
		return usage(errors.New("standard input cannot be written in place: leave --write out, and the result goes to standard output"))
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
	then := func(file *fix.File) { o.file(io, file) }
	result, err := fix.Run(ctx, fix.Options{
		Options: check.Options{Objects: objects, Namespace: o.namespace, NamespaceLabels: o.labels, Excluded: excluded},
		Only:    o.only, Unsafe: o.unsafe, Passing: o.diff || o.write,
	}, io.in, then, args...)
	if err != nil {
		return usage(err)
	}
	return o.end(io, result)
}

// file writes a file or its diff, and says what is left in it.
func (o *fixOptions) file(io streams, file *fix.File) {
	if o.diff {
		o.writeDiff(io.out, file)
	}
	if o.write && len(file.Edits) > 0 {
		if err := file.Write(); err != nil {
			fmt.Fprintln(io.err, err)
			o.errors++
		} else {
			fmt.Fprintf(io.out, "%s: %s\n", file.Name, file.Counts())
		}
	}
	for i := range file.Errors {
		fmt.Fprintln(io.err, &file.Errors[i])
	}
	for _, line := range file.LeftLines(!o.write) {
		fmt.Fprintln(io.err, line)
	}
	o.errors += len(file.Errors)
	o.left += len(file.Left)
}

// writeDiff writes a diff: on a terminal what can be printed of it, in color, else what patch reads.
func (o *fixOptions) writeDiff(out io.Writer, file *fix.File) {
	if color := lookOf(out, o.color).Color; color || terminal(out) != nil {
		showDiff(raw(out), file.Diff(), color)
		return
	}
	_, _ = io.WriteString(raw(out), file.Diff())
}

// end writes the result where no flag says otherwise, and a line about it.
func (o *fixOptions) end(io streams, result *fix.Result) error {
	for _, note := range result.Notes {
		fmt.Fprintln(io.err, note)
	}
	for i := range result.Errors {
		fmt.Fprintln(io.err, &result.Errors[i])
	}
	o.errors += len(result.Errors)
	if !o.diff && !o.write && o.errors == 0 {
		if _, err := raw(io.out).Write(result.Stream()); err != nil {
			return &exitError{exitUsage, fmt.Errorf("writing the result: %w", err)}
		}
	}
	totals := result.Totals()
	totals.Errors = o.errors // with those of writing
	text := totals.Text(o.write || !o.diff && o.errors == 0)
	if !o.diff && !o.write && o.errors > 0 {
		text += ": standard output stays empty"
	}
	fmt.Fprintln(io.err, text)
	switch {
	case o.errors > 0:
		return &exitError{code: exitUsage}
	case o.left > 0:
		return &exitError{code: exitFailed}
	default:
		return nil
	}
}

// raw is where bytes are written as they are: a manifest must stay what it is.
func raw(out io.Writer) io.Writer {
	if wraps, is := out.(interface{ Unwrap() io.Writer }); is {
		return wraps.Unwrap()
	}
	return out
}
