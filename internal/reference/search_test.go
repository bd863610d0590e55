package reference

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestSearch(t *testing.T) {
	pages := Pages()
	for _, test := range []struct {
		words string
		first []string // of what is found
	}{
		{"hostpath", []string{"host-path-allowed", "persistent-volume-host-path"}},
		{"Host_Path", []string{"host-path-allowed", "persistent-volume-host-path"}},
		{"tls", []string{"ingress-tls"}},
		{"disallow-latest-tag", []string{"image-latest-tag"}},       // Kyverno's
		{"appArmorProfile", []string{"allowed-app-armor-profiles"}}, // a control of pod-security too
		{"maxSkew", []string{"default-topology-spread"}},            // a parameter
		{"requests default", []string{"default-resource-requests"}}, // all words
		{"image-latest-tag", []string{"image-latest-tag"}},          // a name before what speaks of it
		{"ndots", []string{"default-dns-ndots"}},
	} {
		var names []string
		for _, p := range Search(pages, test.words) {
			names = append(names, p.Name)
		}
		require.GreaterOrEqual(t, len(names), len(test.first), test.words)
		assert.Equal(t, test.first, names[:len(test.first)], test.words)
	}
	for _, nothing := range []string{"nothing-like-it", "tls nothing-like-it", "", "-"} {
		assert.Empty(t, Search(pages, nothing), nothing)
	}
}

// What a page says in a terminal it says to machines too.
func TestJSONHasAllOfAPage(t *testing.T) {
	pages := Pages()
	var b bytes.Buffer
	require.NoError(t, WriteJSON(&b, pages))
	var entries []entry
	require.NoError(t, json.Unmarshal(b.Bytes(), &entries))
	require.Len(t, entries, len(pages))
	for i, p := range pages {
		assert.Equal(t, p.Name, entries[i].Name)
		assert.Equal(t, p.List, entries[i].List)
		assert.Len(t, entries[i].Parameters, len(p.Parameters))
		assert.Len(t, entries[i].References, len(p.References))
		assert.Len(t, entries[i].Looks, len(p.Resources))
		assert.Equal(t, p.Controls, entries[i].Controls)
	}
}
