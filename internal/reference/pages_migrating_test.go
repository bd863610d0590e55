package reference

import (
	"cmp"
	_ "embed" // for migrating.md
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

//go:embed migrating.md
var howToMigrate string

// migrating says, in Markdown, what of ours takes the place of what the peers have.
func migrating(t *testing.T, pages []Page) string {
	t.Helper()
	var b strings.Builder
	b.WriteString(generated + howToMigrate)
	tables := peerTables(t)
	for _, peer := range peers {
		table := tables[peer]
		fmt.Fprintf(&b, "\n## From %s\n\n| %s | Taffrail |\n|---|---|\n", peer, peer)
		for _, policy := range slices.SortedFunc(maps.Keys(table.Use), ignoringCase) {
			row(&b, escape(policy), table.instead(t, pages, policy))
		}
		if len(table.None) > 0 {
			fmt.Fprintf(&b, "\nNothing here takes the place of these:\n\n| why | %s |\n|---|---|\n", peer)
		}
		for _, reason := range slices.Sorted(maps.Keys(table.None)) {
			row(&b, escape(reason), escape(strings.Join(slices.SortedFunc(slices.Values(table.None[reason]), ignoringCase), ", ")))
		}
	}
	return b.String()
}

// instead is what takes the place of a policy, each with the parameters to give it.
func (table peerTable) instead(t *testing.T, pages []Page, policy string) string {
	t.Helper()
	var all []string
	for _, name := range table.names(policy) {
		page := pageNamed(pages, name)
		require.NotNil(t, page, "%s: %s", policy, name)
		text := page.link("reference/")
		if parameters := inFlow(t, table.Use[policy][name]); parameters != "" {
			text += " `" + strings.ReplaceAll(parameters, "|", `\|`) + "`"
		}
		all = append(all, text)
	}
	text := strings.Join(all, ", ")
	var remark string
	if len(table.Use[policy][note]) > 0 {
		require.NoError(t, json.Unmarshal(table.Use[policy][note], &remark))
		text += "; " + escape(remark)
	}
	return text
}

// inFlow is a document in one line of YAML, as it may be copied behind params.
func inFlow(t *testing.T, document json.RawMessage) string {
	t.Helper()
	var value any
	if len(document) > 0 {
		require.NoError(t, json.Unmarshal(document, &value))
	}
	if value == nil {
		return ""
	}
	return flow(t, value)
}

func flow(t *testing.T, value any) string {
	t.Helper()
	var parts []string
	switch value := value.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(value)) {
			parts = append(parts, key+": "+flow(t, value[key]))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		for _, item := range value {
			parts = append(parts, flow(t, item))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	}
	text, err := yaml.Marshal(value)
	require.NoError(t, err)
	plain := strings.TrimSpace(string(text))
	if _, is := value.(string); is && strings.ContainsAny(plain, ",[]{}") && !strings.ContainsAny(plain[:1], `"'`) {
		return "'" + plain + "'"
	}
	return plain
}

func ignoringCase(a, b string) int {
	return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
}
