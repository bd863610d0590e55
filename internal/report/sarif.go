package report

import (
	"bytes"
	"encoding/json"
	"io"
	"iter"
	"net/url"
	"path/filepath"

	"taffrail.dev/taffrail/internal/inorder"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/printable"
)

const (
	sarifSchema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
	home        = "https://taffrail.dev"
	// root is what SARIF calls the repository. Where that lies is for the reader to know: a path of
	// this machine says nothing on another.
	root = "SRCROOT"
	// clusterRoot is what the names of objects are below.
	clusterRoot = "CLUSTER"
	// fingerprint is the name of ours, with the version of what goes into it.
	fingerprint = "taffrailFinding/v1"
)

// SARIF writes version 2.1.0 of the form of code scanning.
func SARIF(w io.Writer, r *Report, s *Setting) error {
	rules, index := sarifRules(r)
	run := sarifRun{
		Tool:        sarifTool{sarifDriver{Name: "Taffrail", Version: s.Version, InformationURI: home, Rules: rules}},
		Invocations: []sarifInvocation{r.sarifInvocation(s)},
		Bases:       s.sarifBases(),
		ColumnKind:  "unicodeCodePoints",
		Results:     []sarifResult{},
	}
	var log bytes.Buffer
	encode(&log, sarifLog{Schema: sarifSchema, Version: "2.1.0", Runs: []sarifRun{run}}, "")
	return spliced(w, log.Bytes(), bytes.LastIndex(log.Bytes(), []byte("[]")), sarifIndent, r.sarifResults(s, index))
}

func (s *Setting) sarifBases() map[string]sarifLocation {
	if s.Cluster != "" {
		return map[string]sarifLocation{clusterRoot: {Description: &sarifText{Text: "The objects of the cluster " + printable.Text(s.Cluster) + ", as NAMESPACE/KIND/NAME."}}}
	}
	return map[string]sarifLocation{root: {Description: &sarifText{Text: "The root of the repository."}}}
}

// sarifIndent is that of results.
const sarifIndent = "        "

// resultsAtOnce is how many results are taken to be written, by several goroutines.
const resultsAtOnce = 256

func (r *Report) sarifResults(s *Setting, index map[string]int) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		prints, some := newFingerprints(s.Path), make([]sarifResult, 0, resultsAtOnce)
		goesOn := true
		write := func() {
			inorder.Each(len(some), func() func(int) []byte {
				return func(i int) []byte {
					var text bytes.Buffer
					encode(&text, some[i], sarifIndent)
					return bytes.TrimSuffix(text.Bytes(), []byte("\n"))
				}
			}, func(one []byte) { goesOn = goesOn && yield(one) })
			some = some[:0]
		}
		for f := range r.All() {
			one := f.sarif(s)
			one.RuleIndex = index[one.RuleID]
			one.Fingerprints = map[string]string{fingerprint: prints.of(f)}
			if some = append(some, one); len(some) == resultsAtOnce {
				write()
			}
			if !goesOn {
				return
			}
		}
		write()
	}
}

// encode writes a value in lines that begin with an indent, but for the first. What is written here is
// always JSON: structs of texts and numbers.
func encode(b *bytes.Buffer, value any, indent string) {
	encoder := json.NewEncoder(b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent(indent, "  ")
	_ = encoder.Encode(value)
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

// artifact names a file, below the root of the repository where it is, or an object of a cluster.
func artifact(s *Setting, file string) sarifLocation {
	path := s.Path(file)
	if s.Cluster != "" {
		return sarifLocation{URI: (&url.URL{Path: path}).String(), BaseID: clusterRoot}
	}
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
