package webhook

import (
	"bytes"
	"fmt"

	"taffrail.dev/taffrail/internal/skim"
	"taffrail.dev/taffrail/internal/tape"
)

// The budget of one review. No real object meets it: the table in
// docs/architecture.md (Limits) says what the largest take.
const (
	// maxValues bounds the values in a review: objects, lists, strings, numbers.
	maxValues = 300_000
	// maxItems bounds the objects in lists: rules, peers, volumes. A check may find each
	// of them at fault, and a finding takes more than what it is about.
	maxItems = 12_000
	// maxContainers bounds the containers of an object and its old object. Every
	// check looks at each, and every default may change each.
	maxContainers = 2_000
	// maxBuilt bounds what is built of a review in memory, as skim estimates it. A
	// few bytes may build hundreds: 300,000 empty containers in 900 kB are 190 MB. It is
	// what there is for large reviews, so the largest is evaluated alone.
	maxBuilt = largeMemory
)

// What a small review is: one that cannot cost more than some milliseconds. Small
// ones have a share of the process that large ones cannot take.
const (
	smallBytes      = 64 << 10
	smallBuilt      = 1 << 20
	smallContainers = 32
	// plainObjects is up to how many objects and lists a review of smallBytes needs no look at what
	// is in it. One of a Pod of three containers has 185, with its managedFields.
	plainObjects = 256
)

// What objects cost beyond the body, in bytes of memory.
const (
	// perPlainObject and perPlainByte cover what a plain review builds, whatever is in
	// it: 640 bytes for `{}`, and 16 for a byte of `0,0,0`.
	perPlainObject = 640
	perPlainByte   = 16
	// perContainer is what checks find in a container and what defaults set in it, with the answer:
	// 37 KB are allocated with the whole catalogue in force, a third of it at a time.
	perContainer = 12 << 10
)

var brace, bracket, null = []byte("{"), []byte("["), []byte("null")

// size is what a review takes.
type size struct {
	// memory that is built of it, in bytes, as far as that can be told beforehand.
	memory int
	small  bool
	// plain tells that nobody has looked into it: what it has of containers is
	// counted when it is decoded.
	plain bool
	// nodes are of the tape that takes the review, if only a larger one does and there is memory for it.
	nodes int
}

// overBudgetError says which budget a review is over.
type overBudgetError struct {
	is, most int
	what     string
}

func (e *overBudgetError) Error() string {
	return fmt.Sprintf("the review has %d %s, more than the %d that are evaluated", e.is, e.what, e.most)
}

// sizeUp tells what a review takes. It reads the body once at most, and nothing is built of it.
func sizeUp(b *buffer) (size, error) {
	if len(b.body) <= smallBytes {
		objects := b.tape.Structures
		if !b.onTape { // each null may be a whole container, too
			objects = bytes.Count(b.body, brace) + bytes.Count(b.body, bracket) + bytes.Count(b.body, null)
		}
		if objects <= plainObjects {
			return size{memory: objects*perPlainObject + len(b.body)*perPlainByte, small: true, plain: true}, nil
		}
	}
	return lookInto(b)
}

// lookInto counts what is in a review.
func lookInto(b *buffer) (size, error) {
	var look skim.Review
	if b.onTape {
		look = skim.Of(b.tape.Root())
	} else {
		look = skim.Over(b.body)
	}
	switch {
	case look.TooDeep:
		return size{}, &overBudgetError{skim.MaxDepth + 1, skim.MaxDepth, "levels or more of values within values"}
	case look.Values > maxValues:
		return size{}, &overBudgetError{look.Values, maxValues, "values"}
	case look.Items > maxItems:
		return size{}, &overBudgetError{look.Items, maxItems, "items"}
	case look.Containers > maxContainers:
		return size{}, &overBudgetError{look.Containers, maxContainers, "containers"}
	case look.Built > maxBuilt:
		return size{}, &overBudgetError{look.Built, maxBuilt, "bytes once it is decoded"}
	}
	s := size{
		memory: look.Built + look.Containers*perContainer,
		small:  len(b.body) <= smallBytes && look.Built <= smallBuilt && look.Containers <= smallContainers,
	}
	if nodes := 2 * look.Values; b.tape.Full && s.memory+nodes*tape.NodeSize <= maxBuilt {
		s.nodes, s.memory = nodes, s.memory+nodes*tape.NodeSize
	}
	return s, nil
}
