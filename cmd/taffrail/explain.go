package main

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/guardrail"
)

func explainCommand(io streams) *cobra.Command {
	return &cobra.Command{
		Use:   "explain [NAME]",
		Short: "List the checks and defaults, or explain one",
		Long: "List the checks and defaults of the catalogue, one a line, or explain one: why it is there, what to write\n" +
			"instead, its parameters, and what other tools call it.",
		Example: "  taffrail explain\n  taffrail explain image-latest-tag",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			topics := allTopics()
			if len(args) == 0 {
				return writeTopics(io.out, topics)
			}
			for _, t := range topics {
				if t.name == args[0] {
					return t.write(io.out)
				}
			}
			return usage(unknownTopic(args[0], topics))
		},
	}
}

// writeTopics writes a name a line, in the first column, for scripts too.
func writeTopics(out io.Writer, topics []topic) error {
	width := 0
	for _, t := range topics {
		width = max(width, len(t.name))
	}
	for _, t := range topics {
		if _, err := fmt.Fprintf(out, "%-*s  %s\n", width, t.name, t.summary); err != nil {
			return err
		}
	}
	return nil
}

// unknownTopic tells what was probably meant: people come with a slip of the
// pen, or with the name that another tool has for it.
func unknownTopic(name string, topics []topic) error {
	var names []string
	for _, t := range topics {
		for _, r := range t.references {
			if r.ID == name {
				return fmt.Errorf("no check or default is called %q; what %s calls so is %q", name, r.Source, t.name)
			}
		}
		names = append(names, t.name)
	}
	if nearest := guardrail.NearestName(name, names); nearest != "" {
		return fmt.Errorf("no check or default is called %q; did you mean %q?", name, nearest)
	}
	return fmt.Errorf("no check or default is called %q; `taffrail explain` lists them", name)
}
