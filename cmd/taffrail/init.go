package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/internal/starter"
)

type initOptions struct {
	guardrail string
	dryRun    bool
}

func initCommand(io streams) *cobra.Command {
	o := initOptions{guardrail: starter.Default}
	cmd := &cobra.Command{
		Use:   "init [DIR]",
		Short: "Begin a repository: a Guardrail, its test, and what runs them",
		Long: "Begin a repository: write a Guardrail to start with, a test of it, .taffrail.yaml, hooks for pre-commit and a\n" +
			"GitHub workflow. A file that is there is left as it is.",
		Example: "  taffrail init\n  taffrail init --guardrail production shop/\n  taffrail init --dry-run",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			dir := "."
			if len(args) > 0 {
				dir = args[0]
			}
			files, err := starter.Files(starter.Choices{Guardrail: o.guardrail, Version: version})
			if err != nil {
				return err
			}
			if o.dryRun {
				return o.show(io, dir, files)
			}
			return o.write(io, dir, files)
		},
	}
	chooseVar(cmd, &o.guardrail, "guardrail", "", "what to begin with; see deploy/guardrails", starter.Guardrails()...)
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "print what would be written, and write nothing")
	return cmd
}

// write says of each file what it is for, or why it is not written, and then what to do next.
func (o *initOptions) write(io streams, dir string, files []starter.File) error {
	var left []starter.File
	for _, file := range files {
		written, err := starter.Write(dir, file)
		if err != nil {
			return usage(err)
		}
		did := "wrote"
		if !written {
			did, left = "left ", append(left, file)
			file.Purpose = "is there already"
		}
		fmt.Fprintf(io.out, "%s  %-*s  %s\n", did, width(files), file.Path, file.Purpose)
	}
	for _, file := range left {
		if starter.Lacks(dir, file) {
			fmt.Fprintf(io.out, "\nAdd to %s, below repos:\n\n%s", file.Path, file.Lines)
		}
	}
	if root := starter.Above(dir); root != "" {
		fmt.Fprintf(io.out, "\nThe root of the repository is %s: GitHub and pre-commit read their files there, so move them.\n", root)
	}
	fmt.Fprint(io.out, "\nNext:\n")
	if filepath.Clean(dir) != "." {
		fmt.Fprintf(io.out, "  cd %s\n", dir)
	}
	_, err := fmt.Fprint(io.out, "  taffrail check             # the manifests here, as the cluster would\n"+
		"  taffrail test guardrails   # whether the Guardrail does what it must\n"+
		"  pre-commit install         # the same before each commit\n")
	return err
}

func (o *initOptions) show(io streams, dir string, files []starter.File) error {
	for i, file := range files {
		if i > 0 {
			fmt.Fprintln(io.out)
		}
		if starter.Has(dir, file) {
			fmt.Fprintf(io.out, "==> %s would be left: is there already\n", file.Path)
			continue
		}
		fmt.Fprintf(io.out, "==> %s would be written: %s\n\n%s", file.Path, file.Purpose, file.Text)
	}
	return nil
}

// width is that of the longest path.
func width(files []starter.File) (widest int) {
	for _, file := range files {
		widest = max(widest, len(file.Path))
	}
	return widest
}
