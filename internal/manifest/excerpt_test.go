package manifest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnExcerptIsTheLineOfAValue(t *testing.T) {
	object := readOne(t, "apiVersion: v1\nkind: Pod\nmetadata: {name: web} # ours\n")
	span, _ := object.SpanAt("/metadata/name")
	assert.Equal(t, &Excerpt{Line: 3, Before: "metadata: {name: ", Marked: "web", After: "} # ours"}, object.Excerpt(span))
}

func TestAnExcerptOfSeveralLinesIsTheFirst(t *testing.T) {
	object := readOne(t, "apiVersion: v1\nkind: Pod\nmetadata:\n  name: |\n    web\n")
	span, _ := object.SpanAt("/metadata/name")
	assert.Equal(t, Span{Line: 4, Column: 9, EndLine: 5, EndColumn: 8}, span)
	assert.Equal(t, &Excerpt{Line: 4, Before: "  name: ", Marked: "|"}, object.Excerpt(span))
}

func TestAnExcerptOfALongLineIsShort(t *testing.T) {
	long := strings.Repeat("å", 1000)
	object := readOne(t, `{"apiVersion":"v1","kind":"Pod","metadata":{"labels":{"a":"`+long+`"},"name":"`+long+`"}}`)
	span, _ := object.SpanAt("/metadata/name")
	e := object.Excerpt(span)
	assert.True(t, e.CutBefore)
	assert.True(t, e.CutAfter)
	assert.Less(t, len(e.Before)+len(e.Marked)+len(e.After), 1000)
	assert.True(t, strings.HasPrefix(e.Marked, `"åå`))
}

func TestAnExcerptOfTheSecondDocumentOfALine(t *testing.T) {
	input := Read(strings.NewReader(`{"apiVersion":"v1","kind":"Pod"} {"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"}}`), "-")
	require.Len(t, input.Objects, 2)
	span, _ := input.Objects[1].SpanAt("/metadata/name")
	assert.Equal(t, &Excerpt{Line: 1, Before: `{"apiVersion":"v1","kind":"Pod","metadata":{"name":`, Marked: `"web"`, After: "}}", CutBefore: true},
		input.Objects[1].Excerpt(span))
}

func readOne(t *testing.T, text string) *Object {
	t.Helper()
	input := Read(bytes.NewReader([]byte(text)), "-")
	require.Empty(t, input.Errors)
	require.Len(t, input.Objects, 1)
	return input.Objects[0]
}
