package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/internal/guardrailtest"
	"taffrail.dev/taffrail/internal/output"
	"taffrail.dev/taffrail/internal/printable"
)

type testOptions struct {
	outputs     []string
	run         string
	verbose     bool
	coverage    bool
	minCoverage int
}

func testCommand(io streams) *cobra.Command {
	var o testOptions
	cmd := &cobra.Command{
		Use:   "test FILE|DIR|-...",
		Short: "Run the tests of guardrails",
		Long: "Run the tests of guardrails: files of kind GuardrailTest, whose cases send an object through Guardrails and say\n" +
			"what is to become of it. In directories everything else is passed over. A case fails where anything is denied\n" +
			"that it does not name, and where what it names is not found.\n\n" +
			"Exit code: 0 all cases pass, 1 a case fails, 2 a test that cannot be read, none at all, or bad usage.",
		Example: "  taffrail test guardrails/\n" +
			"  taffrail test --run 'privileged' -v guardrails/tests/pods.yaml\n" +
			"  taffrail test -o text -o junit=report.xml --min-coverage 90 guardrails/",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("nothing to test: name files or directories, or - for standard input")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return o.test(cmd.Context(), io, args) },
	}
	flags := cmd.Flags()
	flags.StringArrayVarP(&o.outputs, "output", "o", []string{"text"}, "text, or junit for CI systems; =FILE writes to a file; may be given several times")
	flags.StringVar(&o.run, "run", "", "run only the cases that this regular expression matches, as FILE: TEST: CASE")
	flags.BoolVarP(&o.verbose, "verbose", "v", false, "name cases that pass, too")
	flags.BoolVar(&o.coverage, "coverage", false, "list all that is in the guardrails, with how many cases exercise it")
	flags.IntVar(&o.minCoverage, "min-coverage", 0, "fail when less than this percentage of what is in the guardrails is exercised")
	complete(cmd, "output", cobra.FixedCompletions(testForms, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func (o *testOptions) test(ctx context.Context, std streams, args []string) error {
	match, err := regexp.Compile(o.run)
	if err != nil {
		return usage(fmt.Errorf("--run: %w", err))
	}
	if o.minCoverage < 0 || o.minCoverage > 100 {
		return usage(fmt.Errorf("--min-coverage %d: must be a percentage, from 0 to 100", o.minCoverage))
	}
	outputs, err := output.Parse(o.outputs, testForms)
	if err != nil {
		return usage(fmt.Errorf("--output %w", err))
	}
	opened, err := output.Open(outputs)
	if err != nil {
		return usage(fmt.Errorf("--output %w", err))
	}
	defer opened.Close()
	suite := guardrailtest.Load(std.in, time.Now(), args...)
	results := suite.Run(ctx, match)
	results.WriteNotes(std.err)
	err = opened.Each(std.out, func(w io.Writer, to output.Output) error { return o.write(w, to, results) })
	if err != nil {
		return &exitError{exitUsage, err}
	}
	return o.exit(results, args)
}

// testForms are the forms of the result.
var testForms = []string{"text", "junit"}

func (o *testOptions) write(out io.Writer, to output.Output, results *guardrailtest.Results) error {
	if to.File != "" {
		out = printable.NewWriter(out)
	}
	if to.Name == "junit" {
		return results.JUnit(out)
	}
	return results.Text(out, guardrailtest.TextOptions{Verbose: o.verbose, Coverage: o.run == "", Table: o.coverage})
}

// exit is the exit code. That something could not be read weighs more than what became of the rest.
func (o *testOptions) exit(r *guardrailtest.Results, args []string) error {
	switch {
	case len(r.Errors) > 0:
		return &exitError{code: exitUsage}
	case len(r.Results) == 0 && o.run != "":
		return usage(fmt.Errorf("--run %q: no case matches", o.run))
	case len(r.Results) == 0:
		return usage(fmt.Errorf("%s: no file holds a GuardrailTest of taffrail.dev/v1alpha1", strings.Join(args, ", ")))
	case r.Failed() > 0:
		return &exitError{code: exitFailed}
	case r.Coverage.Percent() < o.minCoverage:
		return &exitError{exitFailed, fmt.Errorf("coverage is %d%%: must be at least %d%% (--min-coverage)", r.Coverage.Percent(), o.minCoverage)}
	default:
		return nil
	}
}
