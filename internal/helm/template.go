// Package helm renders charts, by running the Helm that its user has.
package helm

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"taffrail.dev/taffrail/internal/manifest"
)

// Release is what a chart is rendered with.
type Release struct {
	// Chart is a directory, an archive, or whatever else Helm takes.
	Chart string
	// Name is that of the release. Empty, it is that of the chart.
	Name      string
	Namespace string
	// Values are files, Set are single values, as Helm takes them.
	Values, Set []string
}

// timeLimit is for a chart and all that Helm fetches for it.
const timeLimit = 2 * time.Minute

// Template renders a chart: what `helm template` prints, with the file that each part is of.
func Template(ctx context.Context, r Release) ([]manifest.Rendered, error) {
	program, err := exec.LookPath("helm")
	if err != nil {
		return nil, fmt.Errorf("--helm %s: there is no helm on the PATH: install it (https://helm.sh/docs/intro/install), "+
			"or render the chart where it is and pipe it: helm template %s | taffrail check -", r.Chart, r.Chart)
	}
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	var out, wrong bytes.Buffer
	command := exec.CommandContext(ctx, program, r.arguments()...)
	command.Stdout, command.Stderr = &out, &wrong
	command.WaitDelay = time.Second // for a plugin of Helm that holds on to the output
	err = command.Run()
	switch {
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return nil, fmt.Errorf("--helm %s: helm template has not ended within %s: try it by hand", r.Chart, timeLimit)
	case err != nil && wrong.Len() == 0:
		return nil, fmt.Errorf("--helm %s: helm template: %w", r.Chart, err)
	case err != nil:
		return nil, fmt.Errorf("--helm %s: helm template has failed:\n  %s", r.Chart,
			strings.ReplaceAll(strings.TrimSpace(wrong.String()), "\n", "\n  "))
	}
	return r.split(out.Bytes()), nil
}

func (r *Release) arguments() []string {
	name := r.Name
	if name == "" {
		name = releaseName(r.Chart)
	}
	arguments := []string{"template", name, r.Chart, "--include-crds"}
	if r.Namespace != "" {
		arguments = append(arguments, "--namespace", r.Namespace)
	}
	for _, file := range r.Values {
		arguments = append(arguments, "--values", file)
	}
	for _, value := range r.Set {
		arguments = append(arguments, "--set", value)
	}
	return arguments
}

// releaseName is the name of a chart without where it is and its version.
func releaseName(chart string) string {
	if absolute, err := filepath.Abs(chart); err == nil {
		chart = absolute // what . is called
	}
	name := strings.TrimSuffix(filepath.Base(chart), ".tgz")
	name, _, _ = strings.Cut(name, "@")
	return strings.ToLower(strings.ReplaceAll(name, "_", "-"))
}

// sourceComment is how Helm begins each document that it prints.
var sourceComment = regexp.MustCompile(`(?m)^---\n# Source: (.+)\n`)

// split parts what Helm prints into its documents.
func (r *Release) split(out []byte) (all []manifest.Rendered) {
	starts := sourceComment.FindAllSubmatchIndex(out, -1)
	if len(starts) == 0 {
		return []manifest.Rendered{{File: r.Chart, Text: out}}
	}
	templates := map[string]manifest.Rendered{}
	for i, start := range starts {
		end := len(out)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		source := string(out[start[2]:start[3]])
		of, known := templates[source]
		if !known {
			of = r.template(source)
			templates[source] = of
		}
		of.Text = out[start[1]:end]
		all = append(all, of)
	}
	return all
}

// template finds the file of a template, which Helm calls by the name of the chart and the path below
// it. What lies in an archive is told of by what holds that.
func (r *Release) template(source string) manifest.Rendered {
	_, below, _ := strings.Cut(strings.TrimSpace(source), "/")
	file := filepath.Join(r.Chart, filepath.FromSlash(below))
	// What a template prints may look like Helm's own comments, and name any file.
	if filepath.IsLocal(filepath.FromSlash(below)) {
		if text, err := os.ReadFile(file); err == nil {
			return manifest.Rendered{File: file, Template: text}
		}
	}
	if chart := filepath.Join(r.Chart, "Chart.yaml"); isFile(chart) {
		return manifest.Rendered{File: chart}
	}
	return manifest.Rendered{File: r.Chart}
}

func isFile(name string) bool {
	info, err := os.Stat(name)
	return err == nil && !info.IsDir()
}
