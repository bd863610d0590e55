package plan

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/printable"
	"taffrail.dev/taffrail/internal/report"
)

// large is a plan of many workloads with many findings, and names that mean mischief.
func large(workloads int) *Plan {
	p := newPlan(none(), &Side{Name: "new"})
	c := collect(p)
	for i := range workloads {
		s := &subject{workload: Workload{"Deployment", "shop", fmt.Sprintf("web-`%d`-@team <script>", i)}, file: "deploy/web.yaml"}
		for _, what := range []What{NewlyRefused, NewlyWarned, NoLongerRefused} {
			var findings []Finding
			for k := range 30 {
				findings = append(findings, Finding{New: v1alpha1.Deny, Result: report.Result{
					Action: v1alpha1.Deny, Validator: "image-latest-tag", Path: fmt.Sprintf("spec.containers[%d].image", k),
					Message: "Invalid value: \"" + strings.Repeat("a", 1000) + "\": must have a tag | other\nthan latest #1",
				}})
			}
			c.add(s, []difference{{what: what, findings: findings}})
		}
	}
	c.finish()
	return p
}

func TestMarkdownFitsIntoAComment(t *testing.T) {
	p := large(3000)
	for i := range 1000 {
		p.Notes = append(p.Notes, fmt.Sprintf("a note %d of some length", i))
	}
	var b bytes.Buffer
	require.NoError(t, p.WriteMarkdown(&b))
	text := b.String()
	assert.Less(t, len(text), 40_000, "GitHub takes 65,536 characters")
	assert.Contains(t, text, "**3000 newly refused**")
	assert.Regexp(t, "- [0-9]+ more: `taffrail plan` lists them all\n", text)
	assert.Equal(t, strings.Count(text, "<details"), strings.Count(text, "</details>"))
	t.Logf("%d bytes", len(text))
}

// Whatever a user has chosen stands in code spans: nobody is mentioned, and nothing is a tag or a
// link.
func TestMarkdownHasNoMarksOfOthers(t *testing.T) {
	var b bytes.Buffer
	require.NoError(t, large(2).WriteMarkdown(&b))
	for line := range strings.Lines(b.String()) {
		outside := outsideOfCode(t, line)
		assert.NotContains(t, outside, "@team", line)
		assert.NotContains(t, outside, "<script>", line)
		assert.NotContains(t, outside, "#1", line)
	}
}

// outsideOfCode is a line of Markdown without its code spans.
func outsideOfCode(t *testing.T, line string) (rest string) {
	t.Helper()
	for {
		before, after, found := strings.Cut(line, "`")
		rest += before
		if !found {
			return rest
		}
		fence := "`"
		for strings.HasPrefix(after, "`") {
			fence, after = fence+"`", after[1:]
		}
		end := -1
		for i := 0; i+len(fence) <= len(after); i++ {
			if after[i:i+len(fence)] == fence && !strings.HasPrefix(after[i+len(fence):], "`") && (i == 0 || after[i-1] != '`') {
				end = i
				break
			}
		}
		require.GreaterOrEqual(t, end, 0, line)
		line = after[end+len(fence):]
	}
}

func TestTextFitsATerminal(t *testing.T) {
	p := compared(t, none(), side(t, "new.yaml", only("pod-security", "Deny")), written(t, strings.Replace(nginx, "spec: {", "spec: {hostNetwork: true, hostPID: true, ", 1)))
	for _, width := range []int{80, 160} {
		var b bytes.Buffer
		require.NoError(t, p.WriteText(&b, report.Look{Width: width}))
		for line := range strings.Lines(b.String()) {
			assert.LessOrEqual(t, printable.Width(strings.TrimSuffix(line, "\n")), width, line)
		}
		assert.Contains(t, b.String(), "+ ")
	}
}

func TestOfManyWorkloadsTheChecksAreToldFirst(t *testing.T) {
	var few, many bytes.Buffer
	require.NoError(t, large(manyWorkloads-1).WriteText(&few, report.Look{}))
	require.NoError(t, large(manyWorkloads).WriteText(&many, report.Look{}))
	assert.NotContains(t, few.String(), "By check")
	assert.Contains(t, many.String(), "NEWLY REFUSED: 10 objects of 10 workloads\nBy check: image-latest-tag in 10\n")
}

func TestColorIsForWhoWantsIt(t *testing.T) {
	p := large(1)
	var plain, colored bytes.Buffer
	require.NoError(t, p.WriteText(&plain, report.Look{}))
	require.NoError(t, p.WriteText(&colored, report.Look{Color: true}))
	assert.NotContains(t, plain.String(), "\x1b")
	assert.Contains(t, colored.String(), "\x1b[1;31m")
}

func TestAPlanWithoutEndSaysSo(t *testing.T) {
	p := large(1)
	p.Summary.Left = 7
	var b bytes.Buffer
	require.NoError(t, p.WriteText(&b, report.Look{}))
	assert.Contains(t, b.String(), "7 more are counted, and not listed")
}
