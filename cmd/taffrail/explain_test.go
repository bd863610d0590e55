package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
)

// TestSnippets: the Guardrail that explain shows is one that Taffrail takes.
func TestSnippets(t *testing.T) {
	for _, topic := range allTopics() {
		t.Run(topic.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "guardrail.yaml")
			require.NoError(t, os.WriteFile(file, []byte(topic.snippet()), 0o644))
			objects, err := guardrail.Load(file)
			require.NoError(t, err)
			_, err = guardrail.Compile(objects, guardrail.Options{})
			assert.NoError(t, err)
		})
	}
}

// TestExplanationsFitATerminal: all but the examples, which are copied.
func TestExplanationsFitATerminal(t *testing.T) {
	for _, topic := range allTopics() {
		t.Run(topic.name, func(t *testing.T) {
			var b strings.Builder
			require.NoError(t, topic.write(&b))
			for line := range strings.Lines(b.String()) {
				if !strings.HasPrefix(line, "    ") {
					assert.LessOrEqual(t, len(strings.TrimRight(line, "\n")), explainWidth, line)
				}
			}
		})
	}
}
