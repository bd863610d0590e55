package report_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/report"
)

var update = flag.Bool("update", false, "write what is printed into the golden files")

func textOf(t *testing.T, r *report.Report, look report.Look) string {
	t.Helper()
	var out bytes.Buffer
	require.NoError(t, report.Text(&out, r, look))
	return out.String()
}

func fewReports() map[string]*report.Report {
	few := reports()
	few["many"] = many(100)
	return few
}

func TestTextGolden(t *testing.T) {
	for _, width := range []int{0, 80, 160} {
		t.Run(fmt.Sprint(width), func(t *testing.T) {
			file := fmt.Sprintf("testdata/text-%d.txt", width)
			got := textOf(t, some("web"), report.Look{Width: width})
			if *update {
				require.NoError(t, os.WriteFile(file, []byte(got), 0o600))
				return
			}
			want, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(want), got)
		})
	}
}

func TestTextFitsTheTerminal(t *testing.T) {
	for name, r := range fewReports() {
		for _, width := range []int{20, 40, 80, 160} {
			for line := range strings.SplitSeq(textOf(t, r, report.Look{Width: width}), "\n") {
				if printable.Width(line) > width {
					assert.Fail(t, "too wide", "%s at %d: %q", name, width, line)
					break
				}
			}
		}
	}
}

func TestAFindingTakesSixLinesAtMost(t *testing.T) {
	head := regexp.MustCompile(`^\d+:\d+ `)
	for name, r := range fewReports() {
		for _, width := range []int{0, 40, 80, 160} {
			findings := 0
			for block := range strings.SplitSeq(textOf(t, r, report.Look{Width: width}), "\n\n") {
				if head.MatchString(block) {
					findings++
					assert.LessOrEqual(t, strings.Count(block, "\n")+1, 6, "%s at %d: %s", name, width, block)
				}
			}
			assert.Equal(t, len(r.Results), findings)
		}
	}
}

func TestTheReasonOfACheckIsToldOnce(t *testing.T) {
	assert.Equal(t, 1, strings.Count(textOf(t, many(1000), report.Look{}), "images with neither a tag nor a digest"))
}

func TestTheCaretIsUnderTheValue(t *testing.T) {
	for name, e := range map[string]manifest.Excerpt{
		"plain":         {Before: "  image: ", Marked: "nginx", After: " # ours"},
		"tabs":          {Before: "\timage:\t", Marked: "nginx"},
		"wide letters":  {Before: `{"日本": `, Marked: `"語"`, After: "}"},
		"accents":       {Before: "e\u0301: ", Marked: "o\u0308"},
		"escapes":       {Before: "\x1b[31m\u202e: ", Marked: "\x07"},
		"a long line":   {Before: strings.Repeat("x", 120), Marked: "value", After: strings.Repeat("y", 80), CutBefore: true, CutAfter: true},
		"a long value":  {Before: "  - ", Marked: strings.Repeat("v", 160), CutAfter: true},
		"wide and long": {Before: strings.Repeat("日", 120), Marked: "本", After: strings.Repeat("語", 80)},
		"nothing":       {Before: "a: "},
	} {
		for _, width := range []int{0, 30, 80} {
			r := some("web")
			r.Results = r.Results[:1]
			r.Results[0].Excerpt = &e
			lines := strings.Split(textOf(t, r, report.Look{Width: width}), "\n")
			quoted, marks := lines[3], lines[4]
			from := printable.Width(marks[:strings.IndexByte(marks, '^')])
			count := strings.Count(marks, "^")
			shown := cut(quoted, from, count)
			assert.Equal(t, count, max(1, printable.Width(shown)), "%s at %d", name, width)
			if width != 30 && e.Marked != "" && !strings.HasPrefix(e.Marked, "vv") {
				assert.Equal(t, printable.Text(e.Marked), shown, "%s at %d:\n%s\n%s", name, width, quoted, marks)
			}
		}
	}
}

// cut are the letters of a line from a column on.
func cut(line string, from, columns int) string {
	var b strings.Builder
	at := 0
	for _, r := range line {
		width := printable.Width(string(r))
		if at >= from && at+width <= from+columns && (width > 0 || at > from) {
			b.WriteRune(r)
		}
		at += width
	}
	return b.String()
}

func TestColorIsOursAlone(t *testing.T) {
	for name, r := range fewReports() {
		plain := textOf(t, r, report.Look{})
		assert.NotContains(t, plain, "\x1b", name)
		colored := textOf(t, r, report.Look{Color: true})
		assert.Equal(t, plain, regexp.MustCompile(`\x1b\[(0|1|2|31|32|36|1;31|1;33)m`).ReplaceAllString(colored, ""), name)
	}
}

func TestAHostileManifestAddsNoLine(t *testing.T) {
	r := withHostile()
	tame := withErrors(some("web"))
	assert.Equal(t, strings.Count(textOf(t, tame, report.Look{}), "\n"), strings.Count(textOf(t, r, report.Look{}), "\n"))
	for line := range strings.SplitSeq(textOf(t, r, report.Look{}), "\n") {
		assert.False(t, strings.HasPrefix(strings.TrimSpace(line), "::"), line)
		assert.NotContains(t, line, "##[")
	}
}

func TestWhatElseIsToBeSeenComesBeforeTheSummary(t *testing.T) {
	for _, name := range []string{"text", "concise"} {
		format, found := report.FormatCalled(name)
		require.True(t, found)
		var out bytes.Buffer
		setting := report.Setting{Look: report.Look{Before: func() bool { out.WriteString("NOTES\n"); return true }}}
		require.NoError(t, format.Write(&out, some("web"), &setting))
		before, after, found := strings.Cut(out.String(), "NOTES\n")
		require.True(t, found)
		assert.Contains(t, before, "must have the label team")
		assert.NotContains(t, after, "must have the label team")
		assert.Contains(t, after, "2 denied")
	}
}
