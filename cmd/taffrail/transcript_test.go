package main

import (
	"bytes"
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
		t.Run(file, func(t *testing.T) { testTranscript(t, file, filepath.Dir(file)) })
	}
}

// TestExamplesGolden does the same for the examples of the repository.
func TestExamplesGolden(t *testing.T) {
	testTranscript(t, "testdata/examples.txt", "../..")
}

func testTranscript(t *testing.T, file, dir string) {
	t.Helper()
	file, err := filepath.Abs(file)
	require.NoError(t, err)
	want, err := os.ReadFile(file)
	require.NoError(t, err)
	t.Chdir(dir)
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none")) // what the machine has is nobody's business
	var got bytes.Buffer
	for line := range strings.Lines(string(want)) {
		if command, is := strings.CutPrefix(line, "$ taffrail "); is {
			got.WriteString(line)
			typeIn(t, &got, strings.Fields(command))
		}
	}
	if *update {
		require.NoError(t, os.WriteFile(file, got.Bytes(), 0o644))
		return
	}
	assert.Equal(t, string(want), got.String(), "`make generate` writes what the program prints now")
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
