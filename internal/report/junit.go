package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// JUnit writes a suite a file and a case an object and check. What is refused fails, what is ignored
// is skipped, and what is warned of passes with output. Objects in which nothing is found are in one
// case together, which is always there: a CI takes a report without cases for a broken one.
func JUnit(w io.Writer, r *Report, s *Setting) error {
	x := &xml{out: w}
	x.write(xmlHeader)
	x.begin("testsuites", "name", s.command())
	for file := range r.byFile() {
		cases := casesOf(file.results)
		failed, skipped := 0, 0
		for _, c := range cases {
			failed += c.count(failure)
			skipped += c.count(note)
		}
		path := s.Path(file.name)
		source := path
		if s.Cluster != "" {
			source = "" // which readers look for in a repository
		}
		x.begin("testsuite", "name", path, "file", source, "tests", fmt.Sprint(len(cases)+len(file.errors)),
			"failures", fmt.Sprint(failed), "errors", fmt.Sprint(len(file.errors)), "skipped", fmt.Sprint(skipped))
		for _, e := range file.errors {
			x.begin("testcase", "classname", unreadable, "name", path)
			x.text("error", []string{(&Error{File: path, Line: e.Line, Message: e.Message}).String()}, "message", e.Message, "type", unreadable)
			x.end()
		}
		for _, c := range cases {
			c.write(x, path)
		}
		x.end()
	}
	x.begin("testsuite", "name", s.command(), "tests", "1", "failures", "0", "errors", "0", "skipped", "0")
	x.begin("testcase", "classname", "taffrail", "name", "objects in which nothing is found")
	x.text("system-out", r.rest(s))
	x.end()
	x.end()
	x.end()
	return x.err
}

// rest is what there is to say besides the findings.
func (r *Report) rest(s *Setting) []string {
	if s.Cluster != "" {
		return append(slices.Clone(r.Notes), s.Summary) // nobody keeps the standard error of a CI beside its tests
	}
	return append(r.SkippedLines(), r.summary())
}

// testCase is what a check finds in an object.
type testCase struct {
	check   string
	results []*Result
}

func casesOf(results []*Result) (cases []*testCase) {
	known := map[[2]string]*testCase{}
	for _, f := range results {
		of := [2]string{f.check(), f.Resource + "\x00" + f.identity()}
		if known[of] == nil {
			known[of] = &testCase{check: f.check()}
			cases = append(cases, known[of])
		}
		known[of].results = append(known[of].results, f)
	}
	return cases
}

// outcome is the worst of the findings. What is only recorded or ignored skips a case where there is
// a reason to.
func (c *testCase) outcome() (worst degree, ignored string) {
	for _, f := range c.results {
		worst = max(worst, f.degree())
		if f.Ignored != "" {
			ignored = f.said()
		}
	}
	return worst, ignored
}

// count is 1 if the case fails, or is skipped.
func (c *testCase) count(of degree) int {
	worst, ignored := c.outcome()
	if worst == of && (of == failure || ignored != "") {
		return 1
	}
	return 0
}

func (c *testCase) write(x *xml, path string) {
	first := c.results[0]
	// Jenkins makes packages and classes of what is between dots. Its schema knows no file of a case.
	x.begin("testcase", "classname", strings.ReplaceAll(first.identity(), "/", "."), "name", c.check+": "+first.object())
	worst, ignored := c.outcome()
	var refused, others []string
	for _, f := range c.results {
		line := fmt.Sprintf("%s: %s %s: %s", f.place(path), f.Action, f.check(), f.said())
		switch {
		case f.degree() == failure:
			refused = append(refused, line)
		case f.Ignored == "" || worst > note:
			others = append(others, line)
		}
	}
	switch {
	case worst == failure:
		x.text("failure", refused, "message", c.worst().said(), "type", string(c.worst().Action))
	case worst == note && ignored != "":
		x.empty("skipped", "message", ignored)
	}
	if len(others) > 0 {
		x.text("system-out", others)
	}
	x.end()
}

// worst is the first finding that is refused.
func (c *testCase) worst() *Result {
	for _, f := range c.results {
		if f.degree() == failure {
			return f
		}
	}
	return c.results[0]
}
