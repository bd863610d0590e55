package report_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// workflowCommand is a line as GitHub's runner reads it: "::name key=value,key=value::message". It takes
// the escapes out of the message and, with two more, out of the values.
type workflowCommand struct {
	name, message string
	properties    map[string]string
}

func parseCommand(line string) (c workflowCommand, is bool) {
	rest, is := strings.CutPrefix(strings.TrimLeft(line, " \t"), "::")
	if !is {
		return c, false
	}
	head, message, is := strings.Cut(rest, "::")
	if !is {
		return c, false
	}
	name, list, _ := strings.Cut(head, " ")
	c = workflowCommand{name: name, message: unescaped(message), properties: map[string]string{}}
	for pair := range strings.SplitSeq(list, ",") {
		if key, value, is := strings.Cut(strings.TrimSpace(pair), "="); is {
			c.properties[key] = unescaped(strings.NewReplacer("%3A", ":", "%2C", ",").Replace(value))
		}
	}
	return c, true
}

// The runner replaces %25 last.
func unescaped(text string) string {
	return strings.ReplaceAll(strings.NewReplacer("%0D", "\r", "%0A", "\n").Replace(text), "%25", "%")
}

// The lines of the toolkit's own tests (packages/core/__tests__/command.test.ts) are read as they were
// written, so that what reads ours is right.
func TestTheParserReadsWhatTheToolkitWrites(t *testing.T) {
	for line, want := range map[string]workflowCommand{
		"::some-command::": {"some-command", "", map[string]string{}},
		"::some-command::percent %25 percent %25 cr %0D cr %0D lf %0A lf %0A":                                               {"some-command", "percent % percent % cr \r cr \r lf \n lf \n", map[string]string{}},                                           //nolint:dupword // the toolkit's own line
		"::some-command name=percent %25 percent %25 cr %0D cr %0D lf %0A lf %0A colon %3A colon %3A comma %2C comma %2C::": {"some-command", "", map[string]string{"name": "percent % percent % cr \r cr \r lf \n lf \n colon : colon : comma , comma ,"}}, //nolint:dupword // the toolkit's own line
		"::some-command prop1=value 1,prop2=value 2,prop3=value 3::some message":                                            {"some-command", "some message", map[string]string{"prop1": "value 1", "prop2": "value 2", "prop3": "value 3"}},
	} {
		got, is := parseCommand(line)
		require.True(t, is)
		assert.Equal(t, want, got)
	}
}

func TestGitHubsLinesAreReadBack(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(written(t, "github", withErrors(some("web")))), "\n")
	var names []string
	for _, line := range lines[:len(lines)-1] {
		command, is := parseCommand(line)
		require.True(t, is, line)
		names = append(names, command.name)
	}
	assert.Equal(t, []string{"error", "error", "error", "error", "warning", "notice", "notice"}, names, "what is refused comes first: GitHub shows ten of each")
	first, _ := parseCommand(lines[2])
	assert.Equal(t, map[string]string{
		"file": "deploy/web app.yaml", "line": "12", "col": "9", "endLine": "12", "endColumn": "21", "title": "image-latest-tag",
	}, first.properties)
	assert.Equal(t, `deployments.apps "web": spec.template.spec.containers[0].image: Invalid value: "nginx": must have a tag other than latest (container "web")`, first.message)
	assert.Equal(t, "2 denied, 1 warned, 1 audited in 2 objects of 2 files; 1 not evaluated; 1 ignored here; 2 errors; see `taffrail explain image-latest-tag`", lines[len(lines)-1])
}

func TestNothingInAnInputIsACommand(t *testing.T) {
	r := withHostile()
	commands := 0
	for line := range strings.SplitSeq(written(t, "github", r), "\n") {
		command, is := parseCommand(line)
		if !is {
			continue
		}
		commands++
		assert.Contains(t, []string{"error", "warning", "notice"}, command.name)
		assert.NotEqual(t, "x", command.properties["file"])
		assert.NotContains(t, command.message, "\n")
		assert.NotContains(t, line, "\x1b")
		assert.NotContains(t, line, "##[", "the form of commands before this one")
		for key := range command.properties {
			assert.Contains(t, []string{"file", "line", "col", "endLine", "endColumn", "title"}, key)
		}
	}
	assert.Equal(t, len(r.Results)+len(r.Errors), commands)
}
