// Package starter begins a repository: a Guardrail with its test, the configuration, and what runs
// them before a commit and for a pull request.
package starter

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"

	"taffrail.dev/taffrail/deploy"
)

//go:embed files/*.yaml
var files embed.FS

// File is one to write.
type File struct {
	// Path is relative to the repository, with slashes.
	Path string
	// Purpose says what the file is for.
	Purpose string
	Text    string
	// Lines are what to add where the file is there already; empty, nothing is missing then.
	Lines string
}

// Choices are what a repository begins with.
type Choices struct {
	// Guardrail is one of Guardrails.
	Guardrail string
	// Version is that of the program.
	Version string
}

// Default is the guardrail to begin with: what runs goes on running.
const Default = "baseline"

// Guardrails are the names of those that there are.
func Guardrails() []string {
	names, err := fs.Glob(deploy.Guardrails, "guardrails/*.yaml")
	if err != nil { // the pattern is ours
		panic(err)
	}
	for i, name := range names {
		names[i] = strings.TrimSuffix(path.Base(name), ".yaml")
	}
	return names
}

// labels are those of the Namespaces that a guardrail holds for, where it does not hold for all.
var labels = map[string]string{"production": "{environment: production}", "multi-tenant": "{tenant: shop}"}

// release is a version that there are archives of.
var release = regexp.MustCompile(`^v[0-9]+\.[0-9]+\.[0-9]+$`)

// Files are what a repository begins with, in the order in which to read them.
func Files(c Choices) ([]File, error) {
	guardrail, err := deploy.Guardrails.ReadFile("guardrails/" + c.Guardrail + ".yaml")
	if err != nil {
		return nil, fmt.Errorf("reading the guardrail: %w", err)
	}
	if !release.MatchString(c.Version) {
		c.Version = "v0.1.0"
	}
	namespaceLabels, namespace := "# namespaceLabels: {environment: production}", ""
	if of := labels[c.Guardrail]; of != "" {
		namespaceLabels, namespace = "namespaceLabels: "+of, "    namespace: {labels: "+of+"}\n"
	}
	text := func(name string) string {
		data, err := files.ReadFile("files/" + name)
		if err != nil { // it is a part of the program
			panic(err)
		}
		return strings.NewReplacer("    NAMESPACE\n", namespace, "NAMESPACE_LABELS", namespaceLabels,
			"NAME", c.Guardrail, "TAFFRAIL_VERSION", c.Version).Replace(string(data))
	}
	hooks := text("pre-commit-config.yaml")
	_, entry, _ := strings.Cut(hooks, "repos:\n")
	return []File{
		{"guardrails/" + c.Guardrail + ".yaml", "the Guardrail: what holds, and why", string(guardrail), ""},
		{"guardrails/tests/" + c.Guardrail + ".yaml", "its test: what it must refuse", text("test.yaml"), ""},
		{".taffrail.yaml", "what `taffrail check` reads here", text("taffrail.yaml"), ""},
		{".pre-commit-config.yaml", "checks before each commit", hooks, entry},
		{".github/workflows/taffrail.yaml", "checks each pull request", text("workflow.yaml"), ""},
	}, nil
}
