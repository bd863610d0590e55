package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/internal/guardrailtest"
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

func (o *testOptions) test(ctx context.Context, io streams, args []string) error {
	match, err := regexp.Compile(o.run)
	if err != nil {
		return usage(fmt.Errorf("--run: %w", err))
	}
	if o.minCoverage < 0 || o.minCoverage > 100 {
		return usage(fmt.Errorf("--min-coverage %d: must be a percentage, from 0 to 100", o.minCoverage))
	}
	outputs, err := o.parseOutputs()
	if err != nil {
		return usage(err)
	}
	suite := guardrailtest.Load(io.in, time.Now(), args...)
	results := suite.Run(ctx, match)
	results.WriteNotes(io.err)
	for _, output := range outputs {
		if err := o.write(output, io.out, results); err != nil {
			return &exitError{exitUsage, fmt.Errorf("writing the result: %w", err)}
		}
	}
	return o.exit(results, args)
}

// testForms are the forms of the result.
var testForms = []string{"text", "junit"}

// testOutput is a form of the result, and the file that it goes to; none is standard output.
type testOutput struct{ form, file string }

func (o *testOptions) parseOutputs() (all []testOutput, err error) {
	toStdout := 0
	for _, text := range o.outputs {
		form, file, named := strings.Cut(text, "=")
		switch {
		case !slices.Contains(testForms, form):
			return nil, fmt.Errorf("--output %q: %w", text, notAmong(form, testForms))
		case named && file == "":
			return nil, fmt.Errorf("--output %q: must name a file after =", text)
		case !named:
			toStdout++
		}
		all = append(all, testOutput{form, file})
	}
	if toStdout > 1 {
		return nil, errors.New("--output: only one can go to standard output: give the others a file, as in junit=report.xml")
	}
	return all, nil
}

// write writes a form of the result. A file is written as a whole: a report of half the cases is
// worse than none.
func (o *testOptions) write(to testOutput, out io.Writer, results *guardrailtest.Results) error {
	var b bytes.Buffer
	if to.file != "" {
		out = printable.NewWriter(&b)
	}
	var err error
	if to.form == "junit" {
		err = results.JUnit(out)
	} else {
		err = results.Text(out, guardrailtest.TextOptions{Verbose: o.verbose, Coverage: o.run == "", Table: o.coverage})
	}
	if err != nil || to.file == "" {
		return err
	}
	return os.WriteFile(to.file, b.Bytes(), 0o644)
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
