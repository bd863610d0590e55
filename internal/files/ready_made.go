package files

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"taffrail.dev/taffrail/deploy"
	"taffrail.dev/taffrail/guardrail"
)

// BuiltIn is the name of the guardrail that serves when there is no other.
const BuiltIn = "default"

// ReadyMadeNames are the guardrails that the program has with it: the built-in default, and those
// of deploy/guardrails.
func ReadyMadeNames() []string {
	names := []string{BuiltIn}
	all, _ := fs.Glob(deploy.Guardrails, "guardrails/*.yaml") // the pattern is ours
	for _, file := range all {
		names = append(names, strings.TrimSuffix(path.Base(file), ".yaml"))
	}
	return names
}

// IsReadyMade tells whether a name is one of ReadyMadeNames.
func IsReadyMade(name string) bool { return slices.Contains(ReadyMadeNames(), name) }

// ReadyMade is the guardrail of a name.
func ReadyMade(name string) (guardrail.Objects, error) {
	if name == BuiltIn {
		return guardrail.Default(), nil
	}
	text, err := deploy.Guardrails.ReadFile("guardrails/" + name + ".yaml")
	if err != nil {
		return guardrail.Objects{}, fmt.Errorf("reading the guardrail %s: %w", name, err)
	}
	return guardrail.Parse(name+".yaml", text)
}
