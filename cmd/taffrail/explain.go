package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/reference"
)

type explainOptions struct {
	output, search string
}

func explainCommand(io streams) *cobra.Command {
	o := explainOptions{output: "text"}
	cmd := &cobra.Command{
		Use:   "explain [NAME]",
		Short: "List the checks and defaults, or explain one",
		Long: "List the checks and defaults of the catalogue, one a line, or explain one: why it is there, what to write\n" +
			"instead, its parameters, examples, and what other tools call it. NAME is one of the list, a control of a\n" +
			"check, or what Kyverno, Gatekeeper, Polaris, kube-linter or K-Rail have for it. With --search those that\n" +
			"speak of some words are listed, the best first.",
		Example: "  taffrail explain\n  taffrail explain image-latest-tag\n  taffrail explain pod-security/hostPathVolumes\n" +
			"  taffrail explain disallow-latest-tag\n  taffrail explain --search hostPath\n  taffrail explain -o json pod-security",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeNames,
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case cmd.Flags().Changed("search") && len(args) > 0:
				return errors.New("--search takes the place of NAME: put several words in quotes")
			case cmd.Flags().Changed("search"):
				return o.find(io)
			case len(args) == 0:
				return o.list(io, catalogue())
			default:
				return o.explain(io, args[0])
			}
		},
	}
	chooseVar(cmd, &o.output, "output", "o", "text, json for machines, or markdown", "text", "json", "markdown")
	cmd.Flags().StringVar(&o.search, "search", "", "words to look for in names, texts, parameters and what other tools call it")
	complete(cmd, "search", cobra.NoFileCompletions)
	return cmd
}

// catalogue are all pages, that of the check that is made of types among them.
func catalogue() []reference.Page {
	return append(reference.Pages(), reference.Page{
		List: reference.Validators, Name: builtin.SchemaName, Summary: builtin.SchemaSummary, Doc: builtin.SchemaPage,
		Severity: "Medium", Action: "Warn",
	})
}

func (o *explainOptions) find(io streams) error {
	found := reference.Search(catalogue(), o.search)
	if len(found) == 0 {
		return usage(fmt.Errorf("no check or default speaks of %q; `taffrail explain` lists them", o.search))
	}
	return o.list(io, found)
}

// list writes a name a line, in the first column, for scripts too.
func (o *explainOptions) list(io streams, pages []reference.Page) error {
	switch o.output {
	case "json":
		return reference.WriteJSON(io.out, pages)
	case "markdown":
		_, err := fmt.Fprint(io.out, reference.MarkdownTable(pages))
		return err
	}
	width := 0
	for _, p := range pages {
		width = max(width, len(p.Name))
	}
	for _, p := range pages {
		if _, err := fmt.Fprintf(io.out, "%-*s  %s\n", width, p.Name, p.Summary); err != nil {
			return err
		}
	}
	return nil
}

func (o *explainOptions) explain(io streams, name string) error {
	pages := catalogue()
	found, note := reference.Find(pages, name)
	switch {
	case len(found) == 0:
		return usage(unknownName(name, pages))
	case o.output == "json":
		return reference.WriteJSON(io.out, found)
	case note != "":
		if _, err := fmt.Fprintf(io.out, "%s\n\n", note); err != nil {
			return err
		}
	}
	if len(found) > 1 {
		return o.list(io, found)
	}
	page := &found[0]
	render := page.Terminal
	switch {
	case page.Name == builtin.SchemaName: // says all in its own words
		render = func() string { return page.Doc }
	case o.output == "markdown":
		render = page.Markdown
	}
	_, err := fmt.Fprint(io.out, render())
	return err
}

// unknownName tells what was probably meant by a slip of the pen, or else what speaks of it.
func unknownName(name string, pages []reference.Page) error {
	var names []string
	for _, p := range pages {
		names = append(names, p.Name)
		for _, control := range p.Controls {
			names = append(names, p.Name+"/"+control)
		}
	}
	text := fmt.Sprintf("no check or default is called %q; ", name)
	if nearest := guardrail.NearestName(name, names); nearest != "" {
		return fmt.Errorf("%sdid you mean %q?", text, nearest)
	}
	if found := reference.Search(pages, name); len(found) > 0 {
		return fmt.Errorf("%s`taffrail explain --search %s` lists what speaks of it", text, name)
	}
	return errors.New(text + "`taffrail explain` lists them")
}

// completeNames completes the names of the catalogue, with their summaries, and behind a slash the
// controls of a check.
func completeNames(_ *cobra.Command, args []string, typed string) (names []cobra.Completion, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	check, _, narrow := strings.Cut(typed, "/")
	for _, p := range catalogue() {
		switch {
		case !narrow:
			names = append(names, cobra.CompletionWithDesc(p.Name, p.Summary))
		case p.Name == check:
			for _, control := range p.Controls {
				names = append(names, p.Name+"/"+control)
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
