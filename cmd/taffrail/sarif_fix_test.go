package main

import (
	"encoding/json"
	"io/fs"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/validators"
)

type sarifFinding struct {
	Message             struct{ Text string }
	PartialFingerprints map[string]string
	Fixes               []struct {
		ArtifactChanges []struct {
			Replacements []struct {
				DeletedRegion   struct{ StartLine, StartColumn, EndLine, EndColumn int }
				InsertedContent struct{ Text string }
			}
		}
	}
}

func sarifFindings(t *testing.T, manifest string) []sarifFinding {
	t.Helper()
	var log struct {
		Runs []struct{ Results []sarifFinding }
	}
	require.NoError(t, json.Unmarshal(reported(t, "sarif", manifest), &log))
	return log.Runs[0].Results
}

// Whoever makes a fix by its regions, as the editors that read SARIF do, is rid of the finding.
func TestAFixInSARIFMendsItsFinding(t *testing.T) {
	fixed := 0
	for _, pattern := range []string{"pod-security/fail-*", "service-external-ips/fail-*", "ingress-nginx-snippets/fail-*", "image-registry-denied/fail-*"} {
		files, err := fs.Glob(validators.Fixtures, "testdata/"+pattern)
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			data, err := validators.Fixtures.ReadFile(file)
			require.NoError(t, err)
			before := sarifFindings(t, string(data))
			for _, finding := range before {
				if len(finding.Fixes) == 0 {
					continue
				}
				fixed++
				now := mended(string(data), finding)
				assert.Less(t, count(sarifFindings(t, now), finding), count(before, finding), "%s: %s\n%s", file, finding.Message.Text, now)
			}
		}
	}
	assert.Greater(t, fixed, 100)
}

func count(all []sarifFinding, like sarifFinding) (n int) {
	for _, f := range all {
		if f.Message == like.Message {
			n++
		}
	}
	return n
}

// mended makes the fix of a finding, from its end on so that the places before stay.
func mended(text string, finding sarifFinding) string {
	replacements := finding.Fixes[0].ArtifactChanges[0].Replacements
	for _, r := range slices.Backward(replacements) {
		from := place(text, r.DeletedRegion.StartLine, r.DeletedRegion.StartColumn)
		to := place(text, r.DeletedRegion.EndLine, r.DeletedRegion.EndColumn)
		text = text[:from] + r.InsertedContent.Text + text[to:]
	}
	return text
}

// place is the offset of a line and a column that counts letters.
func place(text string, line, column int) int {
	at := 0
	for range line - 1 {
		at += strings.IndexByte(text[at:], '\n') + 1
	}
	for range column - 1 {
		_, size := utf8.DecodeRuneInString(text[at:])
		at += size
	}
	return at
}
