package edit

import (
	"fmt"
	"strings"
	"testing"

	"taffrail.dev/taffrail/internal/workload"
)

// BenchmarkEdits: a document is parsed once, and each fix of it costs what it changes.
func BenchmarkEdits(b *testing.B) {
	var text strings.Builder
	text.WriteString("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n")
	for i := range 50 {
		fmt.Fprintf(&text, "  - name: c%d # %d\n    image: registry.example.com/web:1.4.2\n    env:\n    - {name: A, value: \"1\"}\n", i, i)
	}
	document := []byte(text.String())
	patch := Patch{Operations: []workload.Operation{add("/spec/containers/25/securityContext", object{"privileged": false})}}
	b.Run("Parse", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := parse(document, false); err != nil {
				b.Fatal(err)
			}
		}
	})
	d, err := parse(document, false)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("Edits", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if edits, err := d.Edits(patch); err != nil || len(edits) != 1 {
				b.Fatal(edits, err)
			}
		}
	})
}
