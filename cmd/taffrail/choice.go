package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/guardrail"
)

// choice is the value of a flag that takes one of some words.
type choice struct {
	value    *string
	fallback string
	words    []string
}

func (c *choice) String() string { return *c.value }

func (c *choice) Set(value string) error {
	if value != c.fallback && !slices.Contains(c.words, value) {
		return notAmong(value, c.words)
	}
	*c.value = value
	return nil
}

func (c *choice) Type() string { return "string" }

// chooseVar adds a flag that takes one of some words, and has the shell complete them. Its default is
// the value that is there.
func chooseVar(cmd *cobra.Command, value *string, name, shorthand, help string, words ...string) {
	cmd.Flags().VarP(&choice{value, *value, words}, name, shorthand, help)
	complete(cmd, name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// complete has the shell complete a flag. That fails for a flag that there is not, or twice for one:
// a mistake in the program.
func complete(cmd *cobra.Command, flag string, with cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, with); err != nil {
		panic(err)
	}
}

// notAmong says which words there are, and which was probably meant.
func notAmong(value string, words []string) error {
	last := len(words) - 1
	text := fmt.Sprintf("must be %s or %s", strings.Join(words[:last], ", "), words[last])
	if nearest := guardrail.NearestName(value, words); nearest != "" {
		text += fmt.Sprintf("; did you mean %q?", nearest)
	}
	return errors.New(text)
}

// completeOnce completes the first argument.
func completeOnce(words []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
}
