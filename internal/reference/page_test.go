package reference

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/files"
)

// TestSnippets: the Guardrail that a page shows is one that Taffrail takes.
func TestSnippets(t *testing.T) {
	for _, p := range Pages() {
		t.Run(p.Name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "guardrail.yaml")
			require.NoError(t, os.WriteFile(file, []byte(p.Snippet()), 0o644))
			objects, err := files.Load(file)
			require.NoError(t, err)
			_, err = guardrail.Compile(objects, guardrail.Options{})
			assert.NoError(t, err)
		})
	}
}

// TestPagesFitATerminal: all but the examples, which are copied.
func TestPagesFitATerminal(t *testing.T) {
	for _, p := range Pages() {
		t.Run(p.Name, func(t *testing.T) {
			for line := range strings.Lines(p.Terminal()) {
				if !strings.HasPrefix(line, "    ") {
					assert.LessOrEqual(t, len([]rune(strings.TrimRight(line, "\n"))), terminalWidth, line)
				}
			}
		})
	}
}

// TestPagesHaveExamples: one that is refused and one that passes, or a Pod and its patch.
func TestPagesHaveExamples(t *testing.T) {
	for _, p := range Pages() {
		t.Run(p.Name, func(t *testing.T) {
			examples := p.examples()
			assert.GreaterOrEqual(t, len(examples), 2)
			for _, s := range examples {
				for _, block := range s.blocks {
					if shown, ok := block.(code); ok {
						assert.NotEmpty(t, strings.TrimSpace(shown.text), s.heading)
					}
				}
			}
		})
	}
}

// TestBothRenderingsSayTheSame: a word on one is on the other.
func TestBothRenderingsSayTheSame(t *testing.T) {
	words := regexp.MustCompile(`[A-Za-z0-9]+`)
	for _, p := range Pages() {
		t.Run(p.Name, func(t *testing.T) {
			markdown := p.Markdown()
			for _, language := range []string{"yaml", "json", "text"} {
				markdown = strings.ReplaceAll(markdown, "```"+language+"\n", "")
			}
			inMarkdown, inTerminal := words.FindAllString(markdown, -1), words.FindAllString(p.Terminal(), -1)
			assert.True(t, strings.EqualFold(strings.Join(inMarkdown, " "), strings.Join(inTerminal, " ")))
		})
	}
}

// TestLinks: pages lead to pages that are there.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#:]+)\)`)
	pages := Pages()
	for file, text := range map[string]string{"reference/README.md": index(pages), "migrating.md": migrating(t, pages)} {
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			assert.FileExists(t, filepath.Join(docs, filepath.Dir(file), found[1]), file)
		}
	}
}
