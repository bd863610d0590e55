package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// fingerprints tell findings apart, asked for in their order. They stay as they are when lines are
// moved or items change places: a finding that was known stays known.
type fingerprints struct {
	path func(string) string
	seen map[[sha256.Size]byte]int
}

func newFingerprints(path func(string) string) *fingerprints {
	return &fingerprints{path, map[[sha256.Size]byte]int{}}
}

func (p *fingerprints) of(f *Result) string {
	sum := sumOf(f.check(), f.Control, p.path(f.File), f.Resource, f.Namespace, f.Name, f.Identity)
	// Items without a name share theirs, and two guardrails may find the same.
	p.seen[sum]++
	if n := p.seen[sum]; n > 1 {
		return printOf(short(sum), fmt.Sprint(n))
	}
	return short(sum)
}

// printOf is a short text for some texts, none of which holds a NUL.
func printOf(texts ...string) string { return short(sumOf(texts...)) }

func sumOf(texts ...string) [sha256.Size]byte {
	return sha256.Sum256([]byte(strings.Join(texts, "\x00")))
}

func short(sum [sha256.Size]byte) string { return hex.EncodeToString(sum[:16]) }
