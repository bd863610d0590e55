package guardrailtest

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"taffrail.dev/taffrail/internal/printable"
)

// What JUnit's readers have in common, by the schema of Jenkins (junit-10.xsd), which has no
// attribute for the line of a case: it is in the text. A suite is a test, a failure is what is not
// as expected, an error is what could not be run.
type junitSuites struct {
	XMLName  xml.Name      `xml:"testsuites"`
	Name     string        `xml:"name,attr"`
	Tests    int           `xml:"tests,attr"`
	Failures int           `xml:"failures,attr"`
	Errors   int           `xml:"errors,attr"`
	Time     string        `xml:"time,attr"`
	Suites   []*junitSuite `xml:"testsuite"`

	took time.Duration
}

type junitSuite struct {
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Errors   int         `xml:"errors,attr"`
	Skipped  int         `xml:"skipped,attr"`
	Time     string      `xml:"time,attr"`
	File     string      `xml:"file,attr,omitempty"`
	Cases    []junitCase `xml:"testcase"`

	took time.Duration
}

type junitCase struct {
	Name      string        `xml:"name,attr"`
	ClassName string        `xml:"classname,attr"`
	Time      string        `xml:"time,attr"`
	Failure   *junitProblem `xml:"failure"`
	Error     *junitProblem `xml:"error"`
}

type junitProblem struct {
	Message string `xml:"message,attr"`
	Type    string `xml:"type,attr"`
	Text    string `xml:",cdata"`
}

// JUnit writes what became of the cases for CI systems.
func (r *Results) JUnit(w io.Writer) error {
	all := &junitSuites{Name: "taffrail test"}
	var last *Test
	for _, one := range r.Results {
		if one.Test != last {
			last = one.Test
			all.Suites = append(all.Suites, &junitSuite{Name: printable.Text(last.Name), File: printable.Text(last.File)})
		}
		all.Suites[len(all.Suites)-1].add(one)
	}
	if len(r.Errors) > 0 {
		all.Suites = append(all.Suites, unreadable(r.Errors))
	}
	for _, s := range all.Suites {
		s.Time = seconds(s.took)
		all.Tests += s.Tests
		all.Failures += s.Failures
		all.Errors += s.Errors
		all.took += s.took
	}
	all.Time = seconds(all.took)
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	encoder := xml.NewEncoder(w)
	encoder.Indent("", "  ")
	if err := encoder.Encode(all); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

func (s *junitSuite) add(r *Result) {
	c := junitCase{
		Name: printable.Text(r.Name), ClassName: printable.Text(r.Test.Name), Time: seconds(r.Took),
	}
	if len(r.Failures) > 0 {
		s.Failures++
		var text strings.Builder
		r.write(&text, true)
		c.Failure = &junitProblem{Message: r.Summary(), Type: "expectation", Text: text.String()}
	}
	s.Tests++
	s.took += r.Took
	s.Cases = append(s.Cases, c)
}

// unreadable is a suite of what could not be read: a CI system that counts cases alone would call
// the rest a success.
func unreadable(list []error) *junitSuite {
	s := &junitSuite{Name: "files that cannot be read", Tests: len(list), Errors: len(list)}
	for _, err := range list {
		c := junitCase{Name: printable.Text(firstLine(err.Error())), ClassName: "files", Time: seconds(0)}
		c.Error = &junitProblem{Message: c.Name, Type: "input", Text: tame(err.Error())}
		s.Cases = append(s.Cases, c)
	}
	return s
}

// tame is a text whose lines can be printed: XML has no characters that move a cursor.
func tame(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = printable.Text(line)
	}
	return strings.Join(lines, "\n")
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()) }
