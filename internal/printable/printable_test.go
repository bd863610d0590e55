package printable

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestText(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		`must be "a" or \n`:     `must be "a" or \n`,
		"a\n::error::b":         `a\n::error::b`,
		"a\r\tb\x00":            `a\u000d\u0009b\u0000`,
		"\x1b[2Jgone":           `\u001b[2Jgone`,
		"\u009b2Jgone":          `\u009b2Jgone`,
		"\x7f":                  `\u007f`,
		"\u202eevil\u2069":      `\u202eevil\u2069`,
		"a\u200bb\ufeff":        `a\u200bb\ufeff`,
		"a\u2028b\u2029c\u0085": `a\u2028b\u2029c\u0085`,
		"a\xffb\xc3":            `a\xffb\xc3`,
		"\U000e0041":            `\udb40\udc41`,
		"\u3164":                `\u3164`,
		"Grüße, 日本語, שלום … – 🚢": "Grüße, 日本語, שלום … – 🚢",
	} {
		assert.Equal(t, want, Text(text))
		assert.Equal(t, want, Text(want), "what is printable stays")
		assert.Equal(t, "x"+want, string(Append([]byte("x"), text)))
		assert.Equal(t, "\n"+want, string(From([]byte("\n"+text), 1)))
	}
}

func TestErrorKeepsWhatItWraps(t *testing.T) {
	err := Error(errors.Join(io.EOF, errors.New("\x1b")))
	require.EqualError(t, err, `EOF\n\u001b`)
	require.ErrorIs(t, err, io.EOF)
	require.NoError(t, Error(nil))
	assert.Same(t, io.EOF, Error(io.EOF))
}

func TestTheWriterLeavesItsOwnLines(t *testing.T) {
	for text, want := range map[string]string{
		"a\n\tb\n":                "a\n\tb\n",
		"a\x1b[2J\n":              `a\u001b[2J` + "\n",
		"::error::a\n":            `:\u003aerror::a` + "\n",
		"a\n  ::error::a::b\n":    "a\n  :" + `\u003aerror::a::b` + "\n",
		"a: ##[error]b\n":         `a: ##\u005berror]b` + "\n",
		"##vso[task.x]\n":         `##\u0076so[task.x]` + "\n",
		"###teamcity[x]\n":        `###\u0074eamcity[x]` + "\n",
		"## Title\n# a\n:a::b\n":  "## Title\n# a\n:a::b\n",
		"\xc3\xbc\xc3":            "ü",
		"a\xc3(\n":                `a\xc3(` + "\n",
		`{"a": "::b"}` + "\u009b": `{"a": "::b"}\u009b`,
	} {
		var whole, parts bytes.Buffer
		n, err := NewWriter(&whole).Write([]byte(text))
		require.NoError(t, err)
		assert.Equal(t, len(text), n)
		assert.Equal(t, want, whole.String())
		byByte := NewWriter(&parts)
		for i := range len(text) {
			_, err := byByte.Write([]byte{text[i]})
			require.NoError(t, err)
		}
		assert.Equal(t, want, parts.String(), "byte by byte")
	}
}

func FuzzPrintable(f *testing.F) {
	for _, text := range []string{"a\n::b", "\x1b", "\u202e", "##[", "\xff", "::a", " :: ", "日本", "##vso["} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		line := Text(text)
		assert.Equal(t, line, Text(line))
		for _, r := range line {
			assert.True(t, strconv.IsPrint(r), "%q", line)
		}
		var out bytes.Buffer
		_, err := NewWriter(&out).Write([]byte(text))
		require.NoError(t, err)
		assert.Equal(t, strings.Count(text, "\n"), strings.Count(out.String(), "\n"))
		for l := range strings.SplitSeq(out.String(), "\n") {
			assert.False(t, strings.HasPrefix(strings.TrimSpace(l), "::"), "%q", l)
			assert.NotContains(t, l, "##[")
			assert.NotContains(t, l, "##vso[")
			for _, r := range l {
				assert.True(t, strconv.IsPrint(r) || r == '\t', "%q", l)
			}
		}
		// JSON says the same.
		before, err := json.Marshal(text)
		require.NoError(t, err)
		out.Reset()
		_, err = NewWriter(&out).Write(before)
		require.NoError(t, err)
		var one, other string
		require.NoError(t, json.Unmarshal(before, &one))
		require.NoError(t, json.Unmarshal(out.Bytes(), &other))
		assert.Equal(t, one, other)
	})
}
