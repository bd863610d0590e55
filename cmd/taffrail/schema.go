package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/schemas"
)

func schemaCommand(io streams) *cobra.Command {
	var names []string
	for _, s := range schemas.All() {
		names = append(names, s.Name)
	}
	return &cobra.Command{
		Use:   "schema [NAME]",
		Short: "List the JSON Schemas, or print one: an editor completes Guardrails with it",
		Long: "List the JSON Schemas of what people write for Taffrail, one a line, or print one. An editor that has it\n" +
			"completes checks, defaults and their parameters, and shows mistakes while they are typed.",
		Example: "  taffrail schema Guardrail >.vscode/guardrail.json\n\n" +
			"  # at the top of a file, for editors with yaml-language-server\n" +
			"  # yaml-language-server: $schema=../.vscode/guardrail.json",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeOnce(names),
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listSchemas(io)
			}
			found, is := schemas.Find(args[0])
			if !is {
				return usage(unknownSchema(args[0], names))
			}
			text, err := found.JSON()
			if err != nil {
				return err
			}
			_, err = io.out.Write(text)
			return err
		},
	}
}

func listSchemas(io streams) error {
	for _, s := range schemas.All() {
		if _, err := fmt.Fprintf(io.out, "%-14s  %s\n", s.Name, s.Summary); err != nil {
			return err
		}
	}
	return nil
}

func unknownSchema(name string, names []string) error {
	text := fmt.Sprintf("there is no schema of %q", name)
	if nearest := guardrail.NearestName(name, names); nearest != "" {
		return errors.New(text + fmt.Sprintf("; did you mean %q?", nearest))
	}
	return errors.New(text + "; `taffrail schema` lists them")
}
