// Package enforced holds what servers enforce while they are measured: sets of Guardrails, from none to all
// that there is, as YAML.
package enforced

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Names are those of the sets, from the one that does least to the one that does most.
var Names = []string{"none", "default", "cel-10", "restricted", "everything"}

// Text is a set of the repository that lies in the folder root.
func Text(root, name string) (string, error) {
	switch name {
	case "none":
		return header + "metadata: {name: none}\nspec: {}\n", nil
	case "default":
		return read(root, "guardrail/default.yaml")
	case "cel-10":
		text, err := read(root, "guardrail/default.yaml")
		return text + "---\n" + rules(10), err
	case "restricted":
		return read(root, "deploy/guardrails/restricted.yaml")
	case "everything":
		return Everything(root)
	}
	return "", fmt.Errorf("guardrails %q: must be one of %s", name, strings.Join(Names, ", "))
}

const header = "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\n"

func read(root, file string) (string, error) {
	text, err := os.ReadFile(filepath.Join(root, file))
	return string(text), err
}

// rules is a guardrail of rules in CEL over Pods, all of which hold.
func rules(n int) string {
	var b strings.Builder
	b.WriteString(header + "metadata: {name: rules}\nspec:\n  rules:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - name: app-label-%d\n"+
			"    resources: [{apiGroups: [\"\"], apiVersions: [v1], resources: [pods], operations: [CREATE, UPDATE]}]\n"+
			"    expression: has(object.metadata.labels) && object.metadata.labels.exists(k, k.endsWith('app') || k.endsWith('name'))\n", i)
	}
	return b.String()
}

// Everything is each check and default of the catalogue, with the parameters of its fixtures: the most that a
// review can cost.
func Everything(root string) (string, error) { return First(root, 1<<10) }

// Checks is how many checks the catalogue has that can be measured so.
func Checks(root string) (int, error) {
	validators, err := catalogue(root, "validators")
	return len(validators), err
}

// First is the first so many checks of the catalogue, and all defaults.
func First(root string, checks int) (string, error) {
	validators, err := catalogue(root, "validators")
	if err != nil {
		return "", err
	}
	mutators, err := catalogue(root, "mutators")
	if err != nil {
		return "", err
	}
	validators = validators[:min(checks, len(validators))]
	return header + "metadata: {name: everything}\nspec:\n" + list("validators", validators) + list("mutators", mutators), nil
}

func list(field string, entries []string) string {
	if len(entries) == 0 {
		return ""
	}
	return "  " + field + ":\n  - " + strings.Join(entries, "\n  - ") + "\n"
}

// catalogue has an entry for each name of a catalogue.
func catalogue(root, kind string) (entries []string, err error) {
	folders, err := filepath.Glob(filepath.Join(root, kind, "testdata", "*"))
	if err == nil && len(folders) == 0 {
		err = errors.New("no fixtures of " + kind + " in " + root + ": must be the root of the repository")
	}
	if err != nil {
		return nil, err
	}
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		if err != nil {
			return nil, err
		}
		fails := func(file string) bool { return kind == "mutators" || strings.Contains(filepath.Base(file), "fail") }
		if name := filepath.Base(folder); name != "fuzz" && slices.ContainsFunc(files, fails) {
			params, err := paramsOf(files)
			if err != nil {
				return nil, err
			}
			entries = append(entries, fmt.Sprintf("{name: %s, params: %s}", name, params))
		}
	}
	return entries, nil
}

// paramsOf are the parameters of the first fixture that has any.
func paramsOf(files []string) (string, error) {
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		for line := range strings.Lines(string(text)) {
			if params, found := strings.CutPrefix(line, "# params: "); found {
				return strings.TrimSpace(params), nil
			}
		}
	}
	return "{}", nil
}

// Many are n guardrails for the Namespaces of n teams, of which so many hold for the Namespace shop: as with a
// guardrail for each team of a large cluster.
func Many(n, matching int) string {
	var b strings.Builder
	for i := range n {
		namespace := fmt.Sprintf("team-%d", i)
		if i < matching {
			namespace = "shop"
		}
		fmt.Fprintf(&b, "---\n%smetadata: {name: many-%d}\nspec:\n"+
			"  match: {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}}\n"+
			"  mutators: [{name: default-resource-requests, params: {cpu: 50m}}]\n"+
			"  validators: [{name: image-latest-tag}, {name: pod-security, params: {level: baseline}}, {name: readiness-probe, action: Warn}]\n",
			header, i, namespace)
	}
	return b.String()
}
