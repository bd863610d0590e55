package block

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTwoKeysThatAreOne(t *testing.T) {
	for text, want := range map[string]string{
		"y: 1\n\"true\": 2":                        "/true",
		"yes: 1\non: 2":                            "", // both are the boolean: the parser tells of that
		"y: 1\n\"y\": 2":                           "",
		"a:\n- 1: x\n  \"1\": y":                   "/a/0/1",
		"a/b:\n  0x10: x\n  \"16\": y":             "/a~1b/16",
		"1.5: x\n\"1.5\": y":                       "/1.5",
		".inf: x\n\".inf\": y":                     "/.inf",
		"d: &d {y: 1}\na: {<<: *d, \"true\": 2}":   "/a/true",
		"d: &d {\"x\": 1}\na: {<<: *d, \"x\": 2}":  "",
		"a: {b: c}":                                "",
		"a: [":                                     "",
		"no: {no: 1, \"false\": 2}\n\"false\": {}": "/false",
	} {
		pointer, err := Silent([]byte(text))
		assert.Equal(t, want, pointer, text)
		assert.Equal(t, want != "", err != nil, text)
	}
}

func TestWhatComesAfterTheDocument(t *testing.T) {
	// The parser counts lines from 0.
	for text, want := range map[string]string{
		"{a: b}\nc: d":          "yaml: line 1: did not find expected <document start>: what comes after the end of a document is not read",
		"{a: b}# c\nd: e":       "yaml: line 1: did not find expected <document start>: what comes after the end of a document is not read",
		"a: b\n# c":             "",
		"{a: b}\n...\n":         "",
		"# none":                "",
		"{a: b}\n\n":            "",
		"--- {a: b}\n---\nc: d": "has more than one document: each but the first begins with a line of ---",
	} {
		_, err := Silent([]byte(text))
		if want == "" {
			require.NoError(t, err, text)
			continue
		}
		require.EqualError(t, err, want, text)
	}
}
