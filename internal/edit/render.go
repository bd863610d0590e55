package edit

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// sortedNames are the keys of an object as people write them: first what it is called.
func sortedNames(object map[string]any) []string {
	names := slices.Collect(maps.Keys(object))
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b))
	})
	return names
}

func rank(name string) int {
	if name == "name" {
		return 0
	}
	return 1
}

// behindKey is a value as it is written behind the colon of a key in a column.
func (w *writer) behindKey(data any, column int) string {
	if isEmpty(data) {
		return " " + w.blockScalar(data, column)
	}
	return w.belowKey(data, column)
}

// belowKey is a list or a mapping as it is written below its key in a column.
func (w *writer) belowKey(data any, column int) string {
	deeper := len(w.style().unit)
	if _, is := data.([]any); is {
		deeper = w.style().lists
	}
	column = max(column, 0) + deeper
	return w.newline() + spaces(column) + w.inPlace(data, column)
}

// inPlace is a value as it is written in a column, where the first line is begun.
func (w *writer) inPlace(data any, column int) string {
	if isEmpty(data) {
		return w.blockScalar(data, column-2)
	}
	var lines []string
	switch d := data.(type) {
	case map[string]any:
		for _, name := range sortedNames(d) {
			lines = append(lines, w.scalar(name, false, 0)+":"+w.behindKey(d[name], column))
		}
	case []any:
		for _, one := range d {
			lines = append(lines, "- "+w.inPlace(one, column+2))
		}
	}
	return strings.Join(lines, w.newline()+spaces(column))
}

// scalarOrEmpty is a value that fits into one place, for that of another.
func (w *writer) scalarOrEmpty(data any, n *node) string {
	if s, is := data.(string); is && n.quote(w.text) != 0 {
		return w.scalar(s, false, n.quote(w.text))
	}
	return w.blockScalar(data, n.indent)
}

// blockScalar is a scalar, with lines of its own where it has some, or an empty list or mapping.
// Column is that of its key.
func (w *writer) blockScalar(data any, column int) string {
	switch d := data.(type) {
	case map[string]any, []any:
		return w.flowValue(d, "")
	case string:
		if isText(d) && w.textEnds(strings.HasSuffix(d, "\n\n")) {
			return w.textBlock(d, column)
		}
	}
	return w.scalar(data, false, 0)
}
