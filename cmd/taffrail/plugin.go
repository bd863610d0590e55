package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
)

// As a plugin of kubectl the program has a name of kubectl's: kubectl-taffrail is `kubectl taffrail`,
// and kubectl asks kubectl_complete-taffrail what may come next.
const (
	plugin          = "kubectl-taffrail"
	pluginCompletes = "kubectl_complete-taffrail"
)

// calledAs is the name that the program was called by, without a path and an ending.
func calledAs(program string) string {
	return strings.TrimSuffix(filepath.Base(program), ".exe")
}

// argumentsOf are those of the program, by the name that it was called by.
func argumentsOf(name string, args []string) []string {
	if name == pluginCompletes {
		return append([]string{cobra.ShellCompRequestCmd}, args...)
	}
	return args
}

// annotationsOf have help and errors say what was typed.
func annotationsOf(name string) map[string]string {
	if name == plugin || name == pluginCompletes {
		return map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl taffrail"}
	}
	return nil
}
