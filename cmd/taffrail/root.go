package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/internal/printable"
)

// streams are what the program reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// The exit codes. They are part of the contract: scripts depend on them.
const (
	exitOK     = 0
	exitFailed = 1 // findings, or a server that failed
	exitUsage  = 2 // bad usage, or input that cannot be read
)

// exitError ends the program with a code. Without an error, what there was to say has been said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

// usage is an error of whoever called the program.
func usage(err error) error { return &exitError{exitUsage, err} }

// run is the program: main and the tests call it.
func run(ctx context.Context, args []string, io streams) int {
	io.out, io.err = printable.NewWriter(io.out), printable.NewWriter(io.err)
	var showVersion bool
	root := &cobra.Command{
		Use:   "taffrail",
		Short: "A guardrail for Kubernetes: safe defaults for Pods, and rules that say what to write instead",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			if showVersion {
				_, err := fmt.Fprint(io.out, versionText())
				return err
			}
			return cmd.Help()
		},
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.Annotations = annotationsOf(calledAs(os.Args[0]))
	root.CompletionOptions.DisableDefaultCmd = true // there is one of ours
	// cobra's own --version reads a template, and with templates the linker keeps every method that
	// there is: 18 MB, and 4 MiB of memory at rest.
	root.Flags().BoolVar(&showVersion, "version", false, "print the version, as the subcommand does")
	root.SetFlagErrorFunc(flagError)
	root.SetArgs(args)
	root.SetIn(io.in)
	root.SetOut(io.out)
	root.SetErr(io.err)
	root.AddCommand(
		serveCommand(io), checkCommand(io), fixCommand(io), testCommand(io), admitCommand(io), auditCommand(io), planCommand(io), migrateCommand(io),
		dashboardCommand(io),
		explainCommand(io), schemaCommand(io), initCommand(io), installCommand(io), doctorCommand(io),
		uninstallCommand(io), completionCommand(io), versionCommand(io),
	)

	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitOK
	}
	var exit *exitError
	if !errors.As(err, &exit) { // cobra's own: unknown commands and flags, wrong arguments
		exit = &exitError{exitUsage, seeHelp(cmd, err)}
	}
	if exit.err != nil {
		fmt.Fprintln(io.err, exit.lines())
	}
	return exit.code
}

// lines begins an error with the program. Several mistakes in files each begin with a file and a
// line, where editors jump to.
func (e *exitError) lines() string {
	text := e.Error()
	if e.code == exitUsage && strings.Contains(text, "\n") {
		return text
	}
	return "taffrail: " + text
}

// seeHelp says where there is more to read.
func seeHelp(cmd *cobra.Command, err error) error {
	text, see := printable.Text(firstLine(err)), "; see"
	if strings.HasSuffix(text, "?") { // did you mean
		see = " See"
	}
	return fmt.Errorf("%s%s `%s --help`", text, see, cmd.CommandPath())
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}
