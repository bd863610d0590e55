package fix

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/check"
	"taffrail.dev/taffrail/internal/edit"
	"taffrail.dev/taffrail/internal/files"
)

// FuzzFix: whatever a manifest looks like, every line outside the edits is byte for byte what it was,
// what comes out is read as the objects that were meant, and a second run changes nothing.
func FuzzFix(f *testing.F) {
	for _, pattern := range []string{"testdata/seeds/*", "../../validators/testdata/*/fail-*.yaml"} {
		seeds, err := filepath.Glob(pattern)
		require.NoError(f, err)
		require.NotEmpty(f, seeds, pattern)
		for i, file := range seeds {
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			if i%8 == 0 || pattern == "testdata/seeds/*" {
				f.Add(text, true)
				f.Add(text, false)
			}
		}
	}
	strict, err := files.Load("../../deploy/guardrails/production.yaml")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, text []byte, unsafe bool) {
		o := Options{Options: check.Options{Objects: guardrail.Default(), Namespace: "shop"}, Unsafe: unsafe}
		if unsafe {
			o.Objects = strict
		}
		one := fixedText(t, o, text)
		assertRestStays(t, one)
		if len(one.Errors) > 0 {
			assert.NotContains(t, one.Errors[0].Message, "report this as a bug", "%s", text)
			return
		}
		again := fixedText(t, o, one.After())
		assert.Empty(t, again.Errors, "%s", one.After())
		assert.Empty(t, again.Diff(), "a second run changes something")
	})
}

func fixedText(t *testing.T, o Options, text []byte) *File {
	t.Helper()
	result, err := Run(context.Background(), o, bytes.NewReader(text), func(*File) {}, "-")
	require.NoError(t, err)
	return result.Files[0]
}

// assertRestStays takes the edits out of both texts: what is left is the same.
func assertRestStays(t *testing.T, f *File) {
	t.Helper()
	var before, after []string
	at, now, text := 0, 0, f.After()
	rest := func(start int) {
		before, after = append(before, string(f.Before[at:start])), append(after, string(text[now:now+start-at]))
	}
	for _, e := range f.Edits {
		rest(e.Start)
		now += e.Start - at
		require.Equal(t, e.New, string(text[now:now+len(e.New)]))
		at, now = e.End, now+len(e.New)
	}
	rest(len(f.Before))
	require.Equal(t, before, after)
	require.Equal(t, len(text), now+len(f.Before)-at)
	assert.Equal(t, edit.Unified(f.Before, f.Edits) == "", bytes.Equal(f.Before, text))
}
