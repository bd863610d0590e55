package printable_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/printable"
)

func TestAStyleIsOfTheProgramAndNotOfTheText(t *testing.T) {
	var out bytes.Buffer
	w := printable.NewWriter(&out)
	require.NoError(t, w.WriteStyled(printable.Alarm, "a\x1b[0mb"))
	require.NoError(t, w.WriteStyled(printable.Plain, "\n"))
	require.NoError(t, w.WriteStyled(printable.Bold, "::error::"))
	assert.Equal(t, "\x1b[1;31ma\\u001b[0mb\x1b[0m\n\x1b[1m:\\u003aerror::\x1b[0m", out.String())
}

func TestWidth(t *testing.T) {
	for text, want := range map[string]int{"": 0, "abc": 3, "日本": 4, "é": 1, "e\u0301": 1, "ｗ": 2, "🚀": 2, "…": 1} {
		assert.Equal(t, want, printable.Width(text), text)
	}
}

func TestHeadAndTail(t *testing.T) {
	for _, c := range []struct {
		text       string
		columns    int
		head, tail string
	}{
		{"abcdef", 6, "abcdef", "abcdef"},
		{"abcdef", 4, "abc…", "…def"},
		{"日本語", 4, "日…", "…語"},
		{"日本語", 5, "日本…", "…本語"},
		{"abc", 1, "…", "…"},
	} {
		assert.Equal(t, c.head, printable.Head(c.text, c.columns))
		assert.Equal(t, c.tail, printable.Tail(c.text, c.columns))
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		text          string
		columns, most int
		want          []string
	}{
		{"one two three", 0, 2, []string{"one two three"}},
		{"one two three", 13, 2, []string{"one two three"}},
		{"one two three", 8, 3, []string{"one two", "three"}},
		{"one two three", 4, 2, []string{"one", "two…"}},
		{"onetwothree", 4, 2, []string{"one…"}},
	} {
		assert.Equal(t, c.want, printable.Wrap(c.text, c.columns, c.most), "%q in %d", c.text, c.columns)
	}
}

func TestWithinIsWhatAWriterWrites(t *testing.T) {
	for _, text := range []string{"plain", "a ## b", "##[error]", "###vso[x]", "\x1b##\n[", "::1"} {
		var out bytes.Buffer
		w := printable.NewWriter(&out)
		_, err := w.Write([]byte("x" + printable.Within(text)))
		require.NoError(t, err)
		assert.Equal(t, "x"+printable.Within(text), out.String())
	}
}
