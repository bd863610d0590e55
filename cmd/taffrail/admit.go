package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/replay"
)

type admitOptions struct {
	guardrails string
	output     string
	failOn     string
	webhook    string
	labels     map[string]string
}

func admitCommand(io streams) *cobra.Command {
	o := admitOptions{output: "text", failOn: "deny"}
	cmd := &cobra.Command{
		Use:   "admit FILE|-...",
		Short: "Decide recorded AdmissionReviews as the webhook would",
		Long: "Decide recorded AdmissionReviews as the webhook would: each is sent to its handlers, in memory. Files hold\n" +
			"JSON lines, as serve --record writes them, or JSON or YAML of any other form, compressed by gzip or not;\n" +
			"- is standard input.\n\n" +
			"A review goes to the mutating webhook and then, with its patch, to the validating one, as in a cluster.\n" +
			"One that was recorded at the validating webhook goes to that alone: the name of a file of serve --record\n" +
			"says where it was recorded (mutate-, validate-), and --webhook does for others.\n\n" +
			"Exit code: 0 nothing is denied, 1 something is, 2 reviews that cannot be read or bad usage.",
		Example: "  taffrail admit --guardrails guardrails/ /var/lib/taffrail/record/validate-*.jsonl\n" +
			"  zcat monday.jsonl.gz | taffrail admit -o json - | jq -r 'select(.decision == \"denied\") | .uid'",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("nothing to decide: name files of AdmissionReviews, or - for standard input")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.admit(cmd.Context(), io, args) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.guardrails, "guardrails", "", "a file or a directory of Guardrails and Exemptions; the built-in default when left out")
	chooseVar(cmd, &o.output, "output", "o", "text, or json for a line of JSON a review, with the answers as the API server gets them", "text", "json")
	chooseVar(cmd, &o.failOn, "fail-on", "", "what makes the exit code 1: deny, warn for warnings too, or never", "deny", "warn", "never")
	chooseVar(cmd, &o.webhook, "webhook", "", "where the reviews were sent to: mutate or validate; left out, what the names of files say, else mutate",
		replay.Mutate, replay.Validate)
	flags.StringToStringVar(&o.labels, "namespace-labels", nil, "the labels of Namespaces, as key=value,...; left out, what their names do not decide is taken to match")
	return cmd
}

// admitOutputs are the forms of a decision, by their names.
var admitOutputs = map[string]func(io.Writer, *replay.Decision) error{"text": replay.Text, "json": replay.JSON}

// checkLabels finds labels that no Namespace can have.
func (o *admitOptions) checkLabels() error {
	return metav1validation.ValidateLabels(o.labels, field.NewPath("--namespace-labels")).ToAggregate()
}

func (o *admitOptions) admit(ctx context.Context, io streams, args []string) error {
	if err := o.checkLabels(); err != nil {
		return usage(err)
	}
	objects := guardrail.Default()
	if o.guardrails != "" {
		var err error
		if objects, err = files.Load(o.guardrails); err != nil {
			return usage(err)
		}
	}
	reviews, err := replay.New(replay.Options{Objects: objects, NamespaceLabels: o.labels, Webhook: o.webhook})
	if err != nil {
		return usage(err)
	}
	var all replay.Summary
	for _, arg := range args {
		err := o.file(ctx, io, reviews, arg, func(d *replay.Decision) error {
			all.Add(d)
			if line := d.ErrorLine(); line != "" {
				fmt.Fprintln(io.err, printable.Text(line))
			}
			return admitOutputs[o.output](io.out, d)
		})
		if err != nil {
			return &exitError{exitUsage, fmt.Errorf("writing the result: %w", err)}
		}
	}
	for _, note := range reviews.Notes() {
		fmt.Fprintln(io.err, printable.Text(note))
	}
	if o.output == "text" {
		fmt.Fprintln(io.out, &all)
	}
	return o.exit(&all)
}

// file decides the reviews of one file. One that cannot be opened is told like one that cannot be
// read: the others are decided all the same.
func (o *admitOptions) file(ctx context.Context, io streams, reviews *replay.Replay, name string, then func(*replay.Decision) error) error {
	from := io.in
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return then(&replay.Decision{File: name, Error: reason(err)})
		}
		defer file.Close()
		if info, err := file.Stat(); err == nil && info.IsDir() {
			return then(&replay.Decision{File: name, Error: "is a directory: name the files in it, such as " + name + "/validate-*.jsonl"})
		}
		from = file
	}
	return reviews.Run(ctx, name, from, then)
}

// reason is why a file cannot be opened, without its name.
func reason(err error) string {
	if path, is := errors.AsType[*os.PathError](err); is {
		return path.Err.Error()
	}
	return err.Error()
}

// exit is the exit code. That something could not be read weighs more than what was found in the rest.
func (o *admitOptions) exit(all *replay.Summary) error {
	switch {
	case all.Unreadable > 0:
		return &exitError{code: exitUsage}
	case o.failOn == "never":
		return nil
	case all.Denied > 0, o.failOn == "warn" && all.Warned > 0:
		return &exitError{code: exitFailed}
	default:
		return nil
	}
}
