package reference

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/params"
)

// peerTable is what takes the place of each policy of a peer: peers/NAME.yaml.
type peerTable struct {
	// Use has the checks and defaults for a policy, with their parameters; beside them, note says
	// what is different.
	Use map[string]map[string]json.RawMessage `json:"use"`
	// None has the policies that nothing takes the place of, by the reason.
	None map[string][]string `json:"none"`
}

const note = "note"

func peerTables(t *testing.T) map[params.Source]peerTable {
	t.Helper()
	tables := map[params.Source]peerTable{}
	for _, peer := range peers {
		text, err := os.ReadFile(filepath.Join("peers", strings.ToLower(string(peer))+".yaml"))
		require.NoError(t, err)
		var table peerTable
		require.NoError(t, yaml.UnmarshalStrict(text, &table), peer)
		tables[peer] = table
	}
	return tables
}

// names are the checks and defaults that take the place of a policy: the one that is named first in
// the Guardrail's lists comes first.
func (table peerTable) names(policy string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(table.Use[policy])), func(name string) bool { return name == note })
}

// TestMigratingNamesWhatExists: every check and default that the tables name exists, and takes the
// parameters that are given; and what `explain` says of a policy is what the page says.
func TestMigratingNamesWhatExists(t *testing.T) {
	pages := Pages()
	for peer, table := range peerTables(t) {
		t.Run(string(peer), func(t *testing.T) {
			for policy := range table.Use {
				assert.NotEmpty(t, table.names(policy), policy)
				for _, name := range table.names(policy) {
					page := pageNamed(pages, name)
					if assert.NotNil(t, page, "%s: %s", policy, name) {
						assert.NoError(t, page.mistakes(table.Use[policy][name]), "%s: %s", policy, name)
					}
				}
			}
			referred := map[string][]string{}
			for policy, ours := range named(pages, peer) {
				for _, page := range ours {
					referred[policy] = append(referred[policy], page.Name)
				}
				slices.Sort(referred[policy])
			}
			told := map[string][]string{}
			for policy := range table.Use {
				told[policy] = table.names(policy)
			}
			assert.Equal(t, told, referred, "the References of checks and defaults say the same")
		})
	}
}

// A policy has one row.
func TestMigratingHasOneRowForAPolicy(t *testing.T) {
	for peer, table := range peerTables(t) {
		seen := map[string]bool{}
		for policy := range table.Use {
			seen[policy] = true
		}
		for reason, policies := range table.None {
			assert.NotEmpty(t, reason)
			for _, policy := range policies {
				assert.False(t, seen[policy], "%s: %s", peer, policy)
				seen[policy] = true
			}
		}
	}
}

func pageNamed(pages []Page, name string) *Page {
	for i := range pages {
		if pages[i].Name == name {
			return &pages[i]
		}
	}
	return nil
}

// mistakes says what is wrong with parameters, as a Guardrail would be told.
func (p *Page) mistakes(parameters json.RawMessage) error {
	if len(parameters) == 0 || string(parameters) == "null" {
		parameters = json.RawMessage("{}")
	}
	if !p.takes(func(into any) error {
		decoder := json.NewDecoder(bytes.NewReader(parameters))
		decoder.DisallowUnknownFields()
		return decoder.Decode(into)
	}) {
		return fmt.Errorf("%s does not take %s", p.Name, parameters)
	}
	return nil
}

// named are the pages by the names that a peer has for them.
func named(pages []Page, peer params.Source) map[string][]*Page {
	ours := map[string][]*Page{}
	for i := range pages {
		for _, r := range pages[i].References {
			if r.Source == peer {
				ours[r.ID] = append(ours[r.ID], &pages[i])
			}
		}
	}
	return ours
}
