package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/reference"
)

func explainCommand(io streams) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [NAME]",
		Short: "List the checks and defaults, or explain one",
		Long: "List the checks and defaults of the catalogue, one a line, or explain one: why it is there, what to write\n" +
			"instead, its parameters, examples, and what other tools call it.",
		Example: "  taffrail explain\n  taffrail explain image-latest-tag",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			pages := reference.Pages()
			if len(args) == 0 {
				return writeNames(io.out, pages)
			}
			for i := range pages {
				if pages[i].Name == args[0] {
					_, err := fmt.Fprint(io.out, pages[i].Terminal())
					return err
				}
			}
			return usage(unknownName(args[0], pages))
		},
	}
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

// unknownName tells what was probably meant: people come with the name that
// another tool has for it, or with a slip of the pen.
func unknownName(name string, pages []reference.Page) error {
	if peer, ours := reference.Called(pages, name); len(ours) > 0 {
		return fmt.Errorf("no check or default is called %q; what %s calls so is %s", name, peer, strings.Join(ours, ", "))
	}
	var names []string
	for _, p := range pages {
		names = append(names, p.Name)
	}
	if nearest := guardrail.NearestName(name, names); nearest != "" {
		return fmt.Errorf("no check or default is called %q; did you mean %q?", name, nearest)
	}
	return fmt.Errorf("no check or default is called %q; `taffrail explain` lists them", name)
}
