package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// fingerprints tell findings apart, one for each in their order. They stay as they are when lines are
// moved or items change places: a finding that was known stays known.
func (r *Report) fingerprints(path func(string) string) []string {
	all := make([]string, 0, len(r.Results))
	seen := map[string]int{}
	for i := range r.Results {
		f := &r.Results[i]
		of := printOf(f.check(), f.Control, path(f.File), f.Resource, f.Namespace, f.Name, f.Identity)
		// Items without a name share theirs, and two guardrails may find the same.
		seen[of]++
		if n := seen[of]; n > 1 {
			of = printOf(of, fmt.Sprint(n))
		}
		all = append(all, of)
	}
	return all
}

// printOf is a short text for some texts, none of which holds a NUL.
func printOf(texts ...string) string {
	sum := sha256.Sum256([]byte(strings.Join(texts, "\x00")))
	return hex.EncodeToString(sum[:16])
}
