package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"

	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/printable"
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	home        = "https://taffrail.dev"
	// root is what SARIF calls the repository. Where that lies is for the reader to know: a path of
	// this machine says nothing on another.
	root = "SRCROOT"
	// fingerprint is the name of ours, with the version of what goes into it.
	fingerprint = "taffrailFinding/v1"
)

// SARIF writes version 2.1.0 of the form of code scanning.
func SARIF(w io.Writer, r *Report, s *Setting) error {
	rules, index := sarifRules(r)
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "Taffrail", Version: s.Version, InformationURI: home, Rules: rules}},
		Invocations: []sarifInvocation{r.sarifInvocation(s)},
		Bases:       map[string]sarifLocation{root: {Description: &sarifText{Text: "The root of the repository."}}},
		ColumnKind:  "unicodeCodePoints",
		Results:     []sarifResult{},
	}
	text, err := indented(sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}}, "")
	if err != nil {
		return err
	}
	// Results come one by one: all at once are many times the size of the report.
	end := bytes.LastIndex(text, []byte("[]")) + 1
	if _, err := w.Write(text[:end]); err != nil {
		return err
	}
	if err := r.sarifResults(w, s, index); err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, "%s\n", text[end:])
	return err
}

func (r *Report) sarifResults(w io.Writer, s *Setting, index map[string]int) error {
	const indent = "        "
	prints := r.fingerprints(s.Path)
	separator, end := "\n"+indent, ""
	for i := range r.Results {
		one := r.Results[i].sarif(s)
		one.RuleIndex = index[one.RuleID]
		one.Fingerprints = map[string]string{fingerprint: prints[i]}
		text, err := indented(one, indent)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s%s", separator, text); err != nil {
			return err
		}
		separator, end = ",\n"+indent, "\n      "
	}
	_, err := io.WriteString(w, end)
	return err
}

// indented is a value in lines that begin with an indent, but for the first.
func indented(value any, indent string) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(indent, "  ")
	err := encoder.Encode(value)
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

func (of degree) sarif() string {
	return map[degree]string{note: "note", warning: "warning", failure: "error"}[of]
}

func (f *Result) sarif(s *Setting) sarifResult {
	one := sarifResult{
		RuleID: f.check(), Level: f.degree().sarif(), Message: sarifText{Text: f.sentence()},
		Locations:  []sarifPlace{{Physical: sarifPhysical{artifact(s, f.File), f.region()}, Logical: f.logical()}},
		Properties: sarifProperties{Guardrail: f.Guardrail, Action: string(f.Action), Severity: f.Severity, Control: f.Control},
	}
	if len(f.Changes) > 0 {
		change := sarifChange{Artifact: artifact(s, f.File)}
		for _, c := range f.Changes {
			change.Replacements = append(change.Replacements, sarifReplacement{*regionOf(c.Span), sarifText{Text: c.New}})
		}
		one.Fixes = []sarifFix{{sarifText{Text: f.Must}, []sarifChange{change}}}
	}
	if f.Ignored != "" {
		one.Level = sarifLevelOf(f)
		one.Suppressions = []sarifSuppression{{"inSource", "accepted", f.Ignored}}
	}
	return one
}

// sarifLevelOf is the level of what is suppressed: that it is, says SARIF beside it.
func sarifLevelOf(f *Result) string {
	unignored := Result{Action: f.Action}
	return unignored.degree().sarif()
}

func (f *Result) region() *sarifRegion {
	if f.Value.Line < 1 {
		return regionOf(manifest.Span{Line: max(f.Line, 1), Column: f.Column, EndLine: f.EndLine, EndColumn: f.EndColumn})
	}
	region := regionOf(f.Value)
	if f.Excerpt != nil && f.Value.Line == f.Value.EndLine && f.Excerpt.Marked != "" {
		region.Snippet = &sarifText{Text: f.Excerpt.Marked}
	}
	return region
}

func regionOf(s manifest.Span) *sarifRegion {
	return &sarifRegion{StartLine: s.Line, StartColumn: s.Column, EndLine: s.EndLine, EndColumn: s.EndColumn}
}

// logical are the object and the field.
func (f *Result) logical() []sarifLogical {
	all := []sarifLogical{{Name: printable.Text(f.Name), Full: f.identity(), Kind: "object"}}
	if f.Path != "" {
		all = append(all, sarifLogical{Full: f.identity() + "#" + f.Path, Kind: "property"})
	}
	return all
}

// artifact names a file, below the root of the repository where it is.
func artifact(s *Setting, file string) sarifLocation {
	path := s.Path(file)
	if filepath.IsAbs(path) {
		return sarifLocation{URI: (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()}
	}
	return sarifLocation{URI: (&url.URL{Path: filepath.ToSlash(path)}).String(), BaseID: root}
}

// sarifInvocation says whether all could be read, and what is to be known besides.
func (r *Report) sarifInvocation(s *Setting) sarifInvocation {
	invocation := sarifInvocation{Successful: len(r.Errors) == 0}
	for i := range r.Errors {
		e := &r.Errors[i]
		place := sarifPlace{Physical: sarifPhysical{Artifact: artifact(s, e.File)}}
		if e.Line > 0 {
			place.Physical.Region = &sarifRegion{StartLine: e.Line}
		}
		invocation.Notifications = append(invocation.Notifications,
			sarifNotification{Level: "error", Message: sarifText{Text: printable.Text(e.Message)}, Locations: []sarifPlace{place}})
	}
	for _, line := range append(r.Notes, r.SkippedLines()...) {
		invocation.Notifications = append(invocation.Notifications, sarifNotification{Level: "note", Message: sarifText{Text: printable.Text(line)}})
	}
	return invocation
}
