package record_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/record"
)

// readAll reads until the end: reviews, and what could not be read, each with its line.
func readAll(t *testing.T, from io.Reader) (found []string) {
	t.Helper()
	reader, err := record.NewReader(from)
	for err == nil {
		var review record.Review
		review, err = reader.Next()
		if fault, is := errors.AsType[*record.LineError](err); is {
			found, err = append(found, fault.Error()), nil
			continue
		}
		if err == nil {
			found = append(found, fmt.Sprintf("%d: %s", review.Line, strings.Join(strings.Fields(string(review.JSON)), "")))
		}
	}
	if fault, is := errors.AsType[*record.LineError](err); is {
		return append(found, fault.Error())
	}
	require.ErrorIs(t, err, io.EOF)
	return found
}

func TestWhatIsRead(t *testing.T) {
	for what, c := range map[string]struct {
		text string
		want []string
	}{
		"nothing":                      {"", nil},
		"blank":                        {" \n\n", nil},
		"JSON lines":                   {"{\"a\":1}\n\n{\"b\":2}\n", []string{`1: {"a":1}`, `3: {"b":2}`}},
		"no line end at the end":       {"{\"a\":1}\n{\"b\":2}", []string{`1: {"a":1}`, `2: {"b":2}`}},
		"line ends of Windows":         {"\xef\xbb\xbf{\"a\":1}\r\n{\"b\":2}\r\n", []string{`1: {"a":1}`, `2: {"b":2}`}},
		"indented":                     {"{\n  \"a\": 1\n}\n{\n  \"b\": 2\n}\n", []string{`1: {"a":1}`, `4: {"b":2}`}},
		"one after the other":          {`{"a":1}{"b":2}`, []string{`1: {"a":1}`, `1: {"b":2}`}},
		"an array":                     {"[\n {\"a\":1},\n {\"b\":2}\n]\n", []string{`2: {"a":1}`, `3: {"b":2}`}},
		"an empty array":               {"[]", nil},
		"YAML":                         {"# a review\na: 1\n", []string{`2: {"a":1}`}},
		"YAML documents":               {"---\na: 1\n---\n# nothing\n---\nb:\n  c: 2\n", []string{`2: {"a":1}`, `6: {"b":{"c":2}}`}},
		"a line that ends too early":   {"{\"a\":1}\n{\"b\":\"x\n{\"c\":3}\n", []string{`1: {"a":1}`, "line 2: the JSON ends too early", `3: {"c":3}`}},
		"another that does":            {"{\"a\":1,\n{\"c\":3}\n", []string{"line 1: no JSON: invalid character '{' at start of string (expecting '\"')", `2: {"c":3}`}},
		"the last line ends too early": {"{\"a\":1}\n{\"b\":", []string{`1: {"a":1}`, "line 2: the JSON ends too early"}},
		"what is no JSON":              {"{\"a\":1}\nx y\nz\n{\"c\":3}\n", []string{`1: {"a":1}`, "line 2: no JSON: invalid character 'x' at start of value", `4: {"c":3}`}},
		"zeros where a disk was full":  {"{\"a\":1}\n\x00\x00\x00\n{\"c\":3}\n", []string{`1: {"a":1}`, "line 2: no JSON: invalid character '\\x00' at start of value", `3: {"c":3}`}},
		"one fault after the other":    {"{\"a\":1}\n{\"b\":\nx\n{\"c\nz\n{\"d\":4}\n{\"e\":5}\n", []string{`1: {"a":1}`, "line 2: no JSON: invalid character 'x' at start of value", "line 4: the JSON ends too early", `6: {"d":4}`, `7: {"e":5}`}},
		"an array with a fault":        {"[{\"a\":1},\nx, {\"b\":2}]", []string{`1: {"a":1}`, "line 2: no JSON: invalid character 'x' at start of value; what comes after it is not read"}},
		"an array that does not end":   {"[{\"a\":1},", []string{`1: {"a":1}`, "line 1: the JSON ends too early; what comes after it is not read"}},
		"YAML with a fault":            {"a: 1\n---\nb: [\n---\nc: 3\n", []string{`1: {"a":1}`, "line 3: no YAML: did not find expected node content", `5: {"c":3}`}},
	} {
		assert.Equal(t, c.want, readAll(t, strings.NewReader(c.text)), what)
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		_, _ = w.Write([]byte(c.text))
		require.NoError(t, w.Close())
		assert.Equal(t, c.want, readAll(t, &packed), what+", compressed")
	}
}

func TestAFileThatWasCompressedInPart(t *testing.T) {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte("{\"a\":1}\n{\"b\":2}\n"))
	require.NoError(t, w.Flush())
	assert.Equal(t, []string{`1: {"a":1}`, `2: {"b":2}`, "line 3: the JSON ends too early; what comes after it is not read"}, readAll(t, &packed))
}

// endless is a stream of many reviews, made as it is read.
type endless struct {
	line, rest []byte
	lines      int
}

func (e *endless) Read(p []byte) (int, error) {
	if len(e.rest) == 0 {
		if e.lines == 0 {
			return 0, io.EOF
		}
		e.lines--
		e.rest = e.line
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

// A file of gigabytes takes no gigabytes: neither of reviews, nor of a review that does not end.
func TestMemoryDoesNotGrowWithTheFile(t *testing.T) {
	// Little garbage: what is taken from the system is then what is held.
	defer debug.SetGCPercent(debug.SetGCPercent(10))
	for what, stream := range map[string]*endless{
		"reviews":                        {line: []byte(`{"a":"` + strings.Repeat("x", 100<<10) + "\"}\n"), lines: 1_000},
		"faults":                         {line: []byte("{x" + strings.Repeat("y", 100) + "\n"), lines: 20_000},
		"a review that does not end":     {line: []byte(`"` + strings.Repeat("x", 100<<10) + `",`), rest: []byte(`{"a":[`), lines: 1_000},
		"YAML of one line without end":   {line: []byte(strings.Repeat("x", 100<<10)), rest: []byte("a: "), lines: 1_000},
		"what is no JSON, without lines": {line: []byte(strings.Repeat("x", 100<<10)), rest: []byte(`{"a"x`), lines: 1_000},
	} {
		var before, after runtime.MemStats
		reader, err := record.NewReader(stream)
		require.NoError(t, err)
		most := uint64(0)
		runtime.GC()
		runtime.ReadMemStats(&before)
		for n := 0; !errors.Is(err, io.EOF); n++ {
			_, err = reader.Next()
			if n%500 == 0 {
				runtime.ReadMemStats(&after)
				most = max(most, after.Sys-before.Sys)
			}
		}
		runtime.ReadMemStats(&after)
		most = max(most, after.Sys-before.Sys)
		assert.Less(t, most, uint64(150<<20), "%s, of 100 MB", what)
		t.Logf("%s: %d MiB", what, most>>20)
	}
}

func TestReviewsOfAnAPIServerAreRead(t *testing.T) {
	files, err := filepath.Glob("../../webhook/testdata/*.json")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		assert.Len(t, readAll(t, bytes.NewReader(text)), 1, file)
	}
}
