package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/reference"
)

func explainCommand(io streams) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [NAME]",
		Short: "List the checks and defaults, or explain one",
		Long: "List the checks and defaults of the catalogue, one a line, or explain one: why it is there, what to write\n" +
			"instead, its parameters, examples, and what other tools call it. NAME is one of the list, a control of a\n" +
			"check, or what Kyverno, Gatekeeper, Polaris, kube-linter or K-Rail have for it.",
		Example: "  taffrail explain\n  taffrail explain image-latest-tag\n  taffrail explain pod-security/hostPathVolumes\n" +
			"  taffrail explain disallow-latest-tag",
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			pages := reference.Pages()
			switch {
			case len(args) == 0:
				return writeNames(io.out, append(pages, reference.Page{Name: builtin.SchemaName, Summary: builtin.SchemaSummary}))
			case args[0] == builtin.SchemaName:
				_, err := fmt.Fprint(io.out, builtin.SchemaPage)
				return err
			}
			found, note := reference.Find(pages, args[0])
			if len(found) > 0 {
				return writeFound(io.out, found, note)
			}
			return usage(unknownName(args[0], pages))
		},
	}
}

// writeFound writes the page of what was asked for, or where there are several their names.
func writeFound(out io.Writer, found []reference.Page, note string) error {
	if note != "" {
		if _, err := fmt.Fprintf(out, "%s\n\n", note); err != nil {
			return err
		}
	}
	if len(found) == 1 {
		_, err := fmt.Fprint(out, found[0].Terminal())
		return err
	}
	return writeNames(out, found)
}

// writeNames writes a name a line, in the first column, for scripts too.
func writeNames(out io.Writer, pages []reference.Page) error {
	width := 0
	for _, p := range pages {
		width = max(width, len(p.Name))
	}
	for _, p := range pages {
		if _, err := fmt.Fprintf(out, "%-*s  %s\n", width, p.Name, p.Summary); err != nil {
			return err
		}
	}
	return nil
}

// unknownName tells what was probably meant by a slip of the pen.
func unknownName(name string, pages []reference.Page) error {
	var names []string
	for _, p := range pages {
		names = append(names, p.Name)
		for _, control := range p.Controls {
			names = append(names, p.Name+"/"+control)
		}
	}
	if nearest := guardrail.NearestName(name, names); nearest != "" {
		return fmt.Errorf("no check or default is called %q; did you mean %q?", name, nearest)
	}
	return fmt.Errorf("no check or default is called %q; `taffrail explain` lists them", name)
}
