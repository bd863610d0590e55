package main

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write what the program prints into the transcripts")

// TestTranscriptsGolden runs the commands of each transcript, as a user would type them, in the
// folder that the transcript lies in. A transcript has lines that begin with "$ ", what each
// prints, with "2> " before what goes to standard error, and the exit code.
func TestTranscriptsGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*/*.txt")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(file, func(t *testing.T) { transcript{file: file, dir: filepath.Dir(file)}.test(t) })
	}
}

// TestExamplesGolden does the same for the examples of the repository.
func TestExamplesGolden(t *testing.T) {
	transcript{file: "testdata/examples.txt", dir: "../.."}.test(t)
}

// transcript is one in a file, and the folder that it is run in.
type transcript struct {
	file, dir string
	// kubeconfig names the cluster of the test. Without one there is none: what the machine has is
	// nobody's business.
	kubeconfig string
	// shown is what is printed as it stands in the file, where a run has names of its own.
	shown func(string) string
}

func (c transcript) test(t *testing.T) {
	t.Helper()
	file, err := filepath.Abs(c.file)
	require.NoError(t, err)
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	t.Chdir(c.dir)
	t.Setenv("KUBECONFIG", cmp.Or(c.kubeconfig, filepath.Join(t.TempDir(), "none")))
	var printed bytes.Buffer
	for line := range strings.Lines(string(want)) {
		if command, is := strings.CutPrefix(line, "$ taffrail "); is {
			printed.WriteString(line)
			typeIn(t, &printed, strings.Fields(command))
		}
	}
	got := printed.String()
	if c.shown != nil {
		got = c.shown(got)
	}
	if *update {
		require.NoError(t, os.WriteFile(file, []byte(got), 0o644))
		return
	}
	assert.Equal(t, string(want), got, "`make generate` writes what the program prints now")
}

// typeIn runs the program, with "< FILE" at the end for its standard input.
func typeIn(t *testing.T, transcript io.Writer, args []string) {
	t.Helper()
	var in io.Reader = strings.NewReader("")
	if n := len(args); n > 1 && args[n-2] == "<" {
		data, err := os.ReadFile(args[n-1])
		require.NoError(t, err)
		in, args = bytes.NewReader(data), args[:n-2]
	}
	var out, err bytes.Buffer
	code := run(context.Background(), args, streams{in: in, out: &out, err: &err})
	fmt.Fprint(transcript, out.String())
	for line := range strings.Lines(err.String()) {
		fmt.Fprint(transcript, "2> ", line)
	}
	fmt.Fprintf(transcript, "exit %d\n", code)
}
