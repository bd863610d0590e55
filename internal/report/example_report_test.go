package report_test

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
)

// hostile is what an input may say, to be taken for something else.
const hostile = "\n::error file=x::pwned\r\n##[error]\x1b[31m]]><x a='\"&amp;\x00\u0085\u202e\ufffe\xff%0A, :"

// reports are those that every form must be able to write.
func reports() map[string]*report.Report {
	return map[string]*report.Report{
		"nothing":     report.New(),
		"errors only": withErrors(report.New()),
		"some":        withErrors(some("web")),
		"hostile":     withHostile(),
		"many":        many(10_000),
	}
}

// some has a finding of every sort.
func some(name string) *report.Report {
	r := report.New()
	r.Summary.Files, r.Summary.Objects, r.Summary.Evaluated = 2, 2, 2
	finding := report.Result{
		File: "deploy/web app.yaml", Line: 12, Column: 9, EndLine: 12, EndColumn: 21,
		Kind: "Deployment", Namespace: "shop", Name: name, Resource: "deployments.apps",
		Guardrail: "default", Validator: "image-latest-tag", Action: v1alpha1.Deny, Severity: "medium",
		Path: "spec.template.spec.containers[0].image", Message: `Invalid value: "nginx": must have a tag other than latest (container "web")`,
		Must: `must have a tag other than latest (container "web")`, Identity: "/spec/template/spec/containers/web/image",
		Value:   manifest.Span{Line: 12, Column: 16, EndLine: 12, EndColumn: 21},
		Excerpt: &manifest.Excerpt{Line: 12, Before: "        image: ", Marked: "nginx"},
		Fix:     []workload.Operation{{Op: "replace", Path: "/spec/template/spec/containers/0/image", Value: "nginx:1.29"}}, FixIsSafe: true,
		Changes: []manifest.Replacement{{Span: manifest.Span{Line: 12, Column: 16, EndLine: 12, EndColumn: 21}, New: "nginx:1.29"}},
		Diff:    &manifest.Diff{Line: 12, Removed: []string{"        image: nginx"}, Added: []string{"        image: nginx:1.29"}},
	}
	r.Add(finding)
	warned := finding
	warned.Validator, warned.Action, warned.Fix, warned.Changes, warned.Diff = "liveness-probe", v1alpha1.Warn, nil, nil, nil
	warned.Path, warned.Identity = "spec.template.spec.containers[0].livenessProbe", "/spec/template/spec/containers/web/livenessProbe"
	warned.Message, warned.Missing, warned.Must = `Required value: must be set (container "web")`, "livenessProbe", `must be set (container "web")`
	r.Add(warned)
	audited := warned
	audited.Validator, audited.Rule, audited.Action, audited.File, audited.Path, audited.Message = "team", true, v1alpha1.Audit, "deploy/db.yaml", "", "must have the label team"
	audited.Must = audited.Message
	audited.Excerpt, audited.Missing, audited.Value, audited.Identity = nil, "", manifest.Span{}, ""
	r.Add(audited)
	ignored := finding
	ignored.File, ignored.Ignored, ignored.Validator, ignored.Control = "deploy/db.yaml", "until March", "pod-security", "privileged"
	r.Add(ignored)
	twice := finding
	twice.Guardrail = "another"
	r.Add(twice)
	r.Note("a note")
	r.Summary.Skipped = append(r.Summary.Skipped, report.Skipped{File: "deploy/boat.yaml", Line: 1, Kind: "Boat", Reason: report.Unknown + "Boat of example.com/v1"})
	return r
}

func withErrors(r *report.Report) *report.Report {
	r.Errors = append(r.Errors, report.Error{File: "deploy/broken.yaml", Line: 3, Message: "is no YAML: did not find expected key"},
		report.Error{File: "gone.yaml", Message: "no such file or directory"})
	return r
}

// withHostile has what hurts in every text that an input chooses. What makes results makes their
// paths, messages and checks printable.
func withHostile() *report.Report {
	r := withErrors(some("web" + hostile))
	for i := range r.Results {
		f := &r.Results[i]
		f.File += hostile
		f.Kind += hostile
		f.Namespace += hostile
		f.Resource += hostile
		if f.Ignored != "" {
			f.Ignored += hostile
		}
		if f.Excerpt != nil {
			excerpt := *f.Excerpt
			excerpt.Before, excerpt.Marked, excerpt.After = "\t"+hostile, hostile, hostile
			f.Excerpt = &excerpt
		}
		if f.Diff != nil {
			f.Diff = &manifest.Diff{Line: 12, Removed: []string{"\t" + hostile}, Added: []string{hostile}}
		}
	}
	for i := range r.Errors {
		r.Errors[i].File += hostile
		r.Errors[i].Message += hostile
	}
	return r
}

func many(n int) *report.Report {
	r := report.New()
	for i := range n / 5 {
		r.Merge(some(fmt.Sprintf("web-%d", i)))
	}
	return r
}

func written(t *testing.T, name string, r *report.Report) string {
	t.Helper()
	format, found := report.FormatCalled(name)
	require.True(t, found)
	var out bytes.Buffer
	setting := report.Setting{Version: "v1.2.3", Path: func(file string) string { return file }}
	require.NoError(t, format.Write(&out, r, &setting))
	return out.String()
}
