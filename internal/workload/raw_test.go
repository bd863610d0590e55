package workload

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestHolds(t *testing.T) {
	doc := []byte(` { "a" : { "b\"c" : [ 1 , {"d": "}]"} , null ] , "e": {} }, "\u0066" : false, "g": null, "h\\": "x" } `)
	sent, root := &source{doc: doc}, (*Path)(nil)
	for _, there := range []*Path{
		root.Child("a"),
		root.Child("a", `b"c`),
		root.Child("a", `b"c`).Item(0, ""),
		root.Child("a", `b"c`).Item(1, "").Child("d"),
		root.Child("a", "e"),
		root.Child("f"),
		root.Child(`h\`),
	} {
		assert.True(t, sent.holds(there), there.String())
	}
	for _, absent := range []*Path{
		root.Child("b"),
		root.Child("a").Item(0, ""),
		root.Child("a", `b"c`).Item(2, ""), // null
		root.Child("a", `b"c`).Item(3, ""),
		root.Child("a", `b"c`).Item(-1, ""),
		root.Child("a", `b"c`, "d"),
		root.Child("a", "e", "x"),
		root.Child("f", "x"),
		root.Child("g"), // null
		root.Child("g", "x"),
		root.Child("h"),
	} {
		assert.False(t, sent.holds(absent), absent.String())
	}
}

// FuzzHolds finds in any document what encoding/json finds there, and nothing else.
func FuzzHolds(f *testing.F) {
	for _, seed := range []string{
		everyContainer,
		`{"a": {"b\"c\\": [1, -2.5e+3, {"d": "}]\\\\\""}, null], "e": {}}, "\u0066": false, "": null, "\\": "\\"}`,
		`[[], [[]], {}, [ ] , { } , "", "\"", true , false,null]`,
		" \n\t\r[ 1 ,2\n,\t3 ]\r",
		`"text"`, `12`, `null`,
		`{"":{"":{"":[""]}}}`,
		`{"😀":"😀","é":["\ud83d\ude00"]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		if !jsontext.Value(doc).IsValid() {
			return // source is only asked about what the decoder has taken
		}
		var want any
		decoder := json.NewDecoder(bytes.NewReader(doc))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&want))
		requireFound(t, &source{doc: doc}, nil, want)
	})
}

func requireFound(t *testing.T, sent *source, at *Path, want any) {
	t.Helper()
	if at != nil {
		require.Equal(t, want != nil, sent.holds(at), "%s in %s", at, sent.doc)
		found, ok := sent.find(at)
		require.True(t, ok)
		var got any
		decoder := json.NewDecoder(bytes.NewReader(found))
		decoder.UseNumber()
		require.NoError(t, decoder.Decode(&got))
		require.Equal(t, want, got)
	}
	object, _ := want.(map[string]any)
	list, _ := want.([]any)
	for name, value := range object {
		requireFound(t, sent, at.Child(name), value)
	}
	for i, value := range list {
		requireFound(t, sent, at.Item(i, ""), value)
	}
	for _, absent := range []string{"", "a", "absent", "\\"} {
		if _, there := object[absent]; !there {
			require.False(t, sent.holds(at.Child(absent)), "%s in %s", at.Child(absent), sent.doc)
		}
	}
	require.False(t, sent.holds(at.Item(len(list), "")), "%s in %s", at.Item(len(list), ""), sent.doc)
}
