package edit

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/workload"
)

func TestUnified(t *testing.T) {
	text := []byte(lines("a: 1", "b: 2", "c: 3", "d: 4", "e: 5", "f: 6", "g: 7", "h: 8", "i: 9", "j: 10", "k: 11", "l: 12", "m: 13") + "o: 14")
	edits, err := editsOf(text, "", false, []workload.Operation{
		replace("/a", 0), remove("/c"), add("/p", object{"q": 1}), replace("/m", 0),
	})
	require.NoError(t, err)
	assert.Equal(t, `@@ -1,6 +1,5 @@
-a: 1
+a: 0
 b: 2
-c: 3
 d: 4
 e: 5
 f: 6
@@ -10,5 +9,7 @@
 j: 10
 k: 11
 l: 12
-m: 13
-o: 14
\ No newline at end of file
+m: 0
+o: 14
+p:
+  q: 1
\ No newline at end of file
`, Unified(text, edits))
	assert.Empty(t, Unified(text, nil))
}

// What is printed is a diff to those who read diffs.
func TestPatchReadsUnified(t *testing.T) {
	program, err := exec.LookPath("patch")
	if err != nil {
		program, err = exec.LookPath("git")
	}
	require.NoError(t, err)
	for name, test := range map[string]struct {
		text string
		ops  []workload.Operation
	}{
		"a line comes and a line goes": {lines("a: 1", "b: 2", "c: 3"), []workload.Operation{remove("/a"), add("/d", object{"e": 4})}},
		"all is new":                   {lines("{}"), []workload.Operation{add("/a", object{"b": 1})}},
		"no line end":                  {"a: 1\nb: 2", []workload.Operation{remove("/b")}},
		"several without a line end":   {"a: 1\nb: 2", []workload.Operation{replace("/b", 3), add("/c", 4)}},
		"line ends of Windows":         {"a: 1\r\nb: 2\r\n", []workload.Operation{add("/c", 3)}},
	} {
		t.Run(name, func(t *testing.T) {
			edits, err := editsOf([]byte(test.text), "", false, test.ops)
			require.NoError(t, err)
			dir := t.TempDir()
			file := filepath.Join(dir, "f")
			require.NoError(t, os.WriteFile(file, []byte(test.text), 0o600))
			diff := filepath.Join(dir, "diff")
			require.NoError(t, os.WriteFile(diff, []byte("--- a/f\n+++ b/f\n"+Unified([]byte(test.text), edits)), 0o600))
			arguments := []string{"--binary", "-p1", "-i", diff}
			if filepath.Base(program) == "git" {
				arguments = []string{"apply", diff}
			}
			command := exec.CommandContext(t.Context(), program, arguments...)
			command.Dir = dir
			output, err := command.CombinedOutput()
			require.NoError(t, err, "%s", output)
			after, err := os.ReadFile(file)
			require.NoError(t, err)
			assert.Equal(t, string(Apply([]byte(test.text), edits)), string(after))
		})
	}
}
