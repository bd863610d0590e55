// Package docs_test holds the documents to the tests that they name.
package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// evidence is the column of a table that names tests.
const evidence = "shown by"

var testName = regexp.MustCompile("`((?:Test|Fuzz)[A-Z0-9][A-Za-z0-9]*)`")

// A document that names a test that is not there promises what nobody shows.
func TestEveryTestThatTheDocumentsNameExists(t *testing.T) {
	known := tests(t)
	for _, document := range documents(t) {
		for _, found := range testName.FindAllStringSubmatch(read(t, document), -1) {
			assert.True(t, known[found[1]], "%s names %s, which does not exist", document, found[1])
		}
	}
}

func TestEveryRowNamesItsTest(t *testing.T) {
	for _, document := range []string{"architecture.md", "threat-model.md"} {
		rows := rowsWithEvidence(t, document)
		assert.NotEmpty(t, rows, "%s has no table with the column %q", document, evidence)
		for _, row := range rows {
			assert.Regexp(t, testName, row[len(row)-1], "%s: %q", document, row[0])
		}
	}
}

// Every status with which the webhook can answer is in the table of failures.
func TestEveryFailureHasARow(t *testing.T) {
	var answers strings.Builder
	for _, row := range rowsWithEvidence(t, "architecture.md") {
		answers.WriteString(strings.Join(row, " ") + "\n")
	}
	statuses := statuses(t, filepath.Join("..", "webhook"))
	require.NotEmpty(t, statuses)
	for _, status := range statuses {
		assert.Contains(t, answers.String(), strconv.Itoa(status), "nothing is said of %d %s", status, http.StatusText(status))
	}
	// What has no status of its own.
	for _, failure := range []string{"panic", "no server answers in", "cannot be evaluated", "not what the request says", "break-glass", "waits no longer", "too slowly"} {
		assert.Contains(t, answers.String(), failure, "nothing is said of %q", failure)
	}
}

// rowsWithEvidence are the rows of every table whose last column names tests.
func rowsWithEvidence(t *testing.T, document string) (rows [][]string) {
	t.Helper()
	inside := false
	for line := range strings.Lines(read(t, document)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		switch last := strings.TrimSpace(cells[len(cells)-1]); {
		case !strings.HasPrefix(line, "|"):
			inside = false
		case last == evidence:
			inside = true
		case inside && !strings.HasPrefix(line, "|--") && !strings.HasPrefix(line, "| --"):
			rows = append(rows, cells)
		}
	}
	return rows
}

// statuses are those of net/http that a package's code names, from 400 on.
func statuses(t *testing.T, dir string) []int {
	t.Helper()
	codes := map[string]int{}
	for code := 400; code < 600; code++ {
		if text := http.StatusText(code); text != "" {
			codes["Status"+strings.NewReplacer(" ", "", "-", "", "'", "").Replace(text)] = code
		}
	}
	found := map[int]bool{}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		ast.Inspect(parse(t, file), func(n ast.Node) bool {
			if selector, is := n.(*ast.SelectorExpr); is && codes[selector.Sel.Name] > 0 {
				found[codes[selector.Sel.Name]] = true
			}
			return true
		})
	}
	return slices.Sorted(maps.Keys(found))
}

// tests are the names of all tests and fuzz targets of the repository, whatever their build tags.
func tests(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	require.NoError(t, filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		for _, declared := range parse(t, path).Decls {
			if f, is := declared.(*ast.FuncDecl); is && f.Recv == nil {
				names[f.Name.Name] = true
			}
		}
		return nil
	}))
	return names
}

func parse(t *testing.T, file string) *ast.File {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	return parsed
}

func documents(t *testing.T) (files []string) {
	t.Helper()
	for _, pattern := range []string{"*.md", "decisions/*.md", "../*.md"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		files = append(files, found...)
	}
	return files
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	return string(text)
}
