package cel

import (
	"context"
	"errors"
	"sort"

	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"

	"taffrail.dev/taffrail/internal/workload"
)

// Change is what an update does to what a rule finds.
type Change int

const (
	// Kept says that what the rule finds was there before, and is no worse.
	Kept Change = iota
	// Unclear says that it was there before, and that whether it is worse now cannot be told.
	Unclear
	// Worse says that the update brings it, or makes it worse.
	Worse
)

// Compare tells what an update does to what the rule finds in the object. A rule that looks at the
// change itself compares on its own: all that it finds is the update's.
//
// The error says that the comparison came to no end; the change is Worse then. To let it pass
// would be a hole for whoever makes an object large. It is no lock-out: an update that leaves
// alone what the rule looks at is Kept before anything is evaluated.
func (r *Rule) Compare(ctx context.Context, review *workload.Review, budget *Budget) (Change, error) {
	if r.about != aboutObject {
		return Worse, nil
	}
	after, err := review.Document()
	before, oldErr := review.OldDocument()
	if err := errors.Join(err, oldErr); err != nil || after == nil || before == nil {
		return Worse, err
	}
	if r.looksAt.same(before, after) {
		return Kept, nil
	}
	c := &comparison{ctx: ctx, rule: r, review: review, budget: budget, before: before, after: after}
	switch held := c.holds(r.expression, before); {
	case held:
		return Worse, nil
	case workload.RunsTheCluster(review.User):
		if c.err != nil {
			return Unclear, nil //nolint:nilerr // a controller that cannot go on may be an outage
		}
		return Kept, nil
	}
	change := c.compare()
	if c.err != nil {
		return Worse, c.err
	}
	return change, nil
}

// comparison is one of an object and its old object.
type comparison struct {
	ctx           context.Context //nolint:containedctx // it is one call
	rule          *Rule
	review        *workload.Review
	budget        *Budget
	before, after map[string]any
	err           error // why it came to no end

	part *conjunct
	seen *reads
	base any // the new document, or what is looked at of it
}

// compare compares by each conjunct on its own. Once the rule says itself how the old and the new
// compare, it alone decides of what has changed.
func (c *comparison) compare() Change {
	change := Kept
	whole := len(c.rule.parts) == 1 // of which it is known that it holds for neither
	if whole && takesAway(c.rule.looksAt, c.before, c.after) {
		return Kept
	}
	for _, part := range c.rule.parts {
		if !whole && c.holds(part.plain(), c.after) {
			continue
		}
		if !whole && c.holds(part.plain(), c.before) {
			return Worse
		}
		c.part, c.seen, c.base = part, &reads{}, c.after
		c.watch(c.before)
		c.watch(c.after)
		found := differences(c.seen, c.before, c.after, nil)
		if len(found) > 0 && c.rule.worsens != nil {
			return c.asTheRuleSays()
		}
		for _, d := range found {
			if change = max(change, c.weigh(d)); change == Worse || c.err != nil {
				return Worse
			}
		}
	}
	return change
}

// takesAway tells whether an update does nothing but take items away.
func takesAway(seen *reads, before, after map[string]any) bool {
	for _, d := range differences(seen, before, after, nil) {
		if !d.many() || len(match(collectionOf(d.from, d.seen), collectionOf(d.to, d.seen)).changed) > 0 {
			return false
		}
	}
	return true
}

func (c *comparison) asTheRuleSays() Change {
	value := c.evaluate(c.rule.worsens, c.rule.inputs(c.review))
	if value == types.False {
		return Kept
	}
	return Worse // a failure too: who says how to compare must say so for every object
}

func (c *comparison) evaluate(e *expression, in *inputs) ref.Val {
	if c.err != nil {
		return nil
	}
	value, err := c.rule.evaluate(c.ctx, e, in, c.budget)
	if err != nil && isUndecided(err) {
		c.err = err
	}
	return value
}

// holds tells whether an expression is true of a document. One that fails is not: to fail is to
// refuse.
func (c *comparison) holds(e *expression, document any) bool {
	in := c.rule.inputs(c.review)
	in.object = types.DefaultTypeAdapter.NativeToValue(document)
	return c.evaluate(e, in) == types.True
}

// watch notes what the conjunct reads of a document, in all of its branches.
func (c *comparison) watch(document map[string]any) {
	in := c.rule.inputs(c.review)
	in.object, in.watching = watch(document, c.seen), true
	c.evaluate(c.part.watching(), in)
}

// weigh tells what one difference does to what was there before.
func (c *comparison) weigh(d difference) Change {
	switch {
	case d.many():
		return c.weighItems(d)
	case c.holds(c.part.plain(), c.with(d, d.from)):
		return Worse // without it all would be well
	}
	change, isNumber := c.weighNumber(d)
	if !isNumber && d.inItem() {
		return Worse // an item that is another now, and bad of its own
	}
	return change
}

// with is the document with a value in place of what differs.
func (c *comparison) with(d difference, value any) any { return edited(c.base, d.path, value) }

// weighItems asks whether what has come or changed in a collection is bad on its own, without what
// was there before. To take items away is never worse.
func (c *comparison) weighItems(d difference) Change {
	before, after := collectionOf(d.from, d.seen), collectionOf(d.to, d.seen)
	m := match(before, after)
	if len(m.changed) == 0 {
		return Kept
	}
	whole := c.base
	defer func() { c.base = whole }()
	only := func(some ...int) bool { return c.holds(c.part.plain(), c.with(d, after.only(some))) }
	if only(m.changed...) {
		return c.weighTogether(d, before, after, m, Kept)
	}
	if !only() { // something else is bad too; look at this alone
		if c.base = cleared(c.seen, whole, d.path); !only() {
			return Unclear // it is what is missing that is bad, or has nothing to do with the items
		}
		if only(m.changed...) {
			c.base = whole
			return c.weighTogether(d, before, after, m, Kept)
		}
	}
	change, alone := Kept, false
	for _, i := range m.changed {
		if only(i) {
			continue
		}
		alone = true
		if change = max(change, c.weighItem(d, before, after, i, m)); change == Worse || c.err != nil {
			return Worse
		}
	}
	if alone {
		return change
	}
	c.base = whole
	return c.weighTogether(d, before, after, m, Unclear)
}

// weighItem is for an item that is bad on its own. If it was so before, and only numbers in it
// have changed or items of collections in it, these decide.
func (c *comparison) weighItem(d difference, before, after *collection, i int, m matched) Change {
	former, known := m.former[i]
	if !known || c.holds(c.part.plain(), c.with(d, before.only([]int{former}))) {
		return Worse
	}
	change := Kept
	path := append(append([]step{}, d.path...), after.stepTo(i))
	for _, below := range differences(after.seen, before.items[former], after.items[i], path) {
		change = max(change, c.weigh(below))
	}
	return change
}

// weighTogether is for items of which none is bad on its own: either others that were there before
// are to blame, or all of them together, by their number or their sum.
func (c *comparison) weighTogether(d difference, before, after *collection, m matched, otherwise Change) Change {
	better := false
	for _, i := range m.changed {
		former, known := m.former[i]
		if !known {
			continue
		}
		path := append(append([]step{}, d.path...), after.stepTo(i))
		for _, below := range differences(after.seen, before.items[former], after.items[i], path) {
			if change, isNumber := c.weighNumberAmong(below, d, after, i); isNumber && change == Worse {
				return Worse
			} else if isNumber && change == Kept {
				better = true
			}
		}
	}
	if after.length() <= before.length() {
		if better {
			return Kept
		}
		return otherwise
	}
	if !c.holds(c.part.plain(), c.with(d, after.only(nil))) {
		return otherwise // something else is to blame
	}
	core := c.core(d, after, m.kept)
	if core == nil {
		return Worse // without what has come all would be well
	}
	var came []int
	for _, i := range m.changed {
		if _, known := m.former[i]; !known {
			came = append(came, i)
		}
	}
	// Whether what has come takes the place of one that is part of what is bad shows whether it
	// adds to it.
	if c.holds(c.part.plain(), c.with(d, after.only(append(core[:len(core)-1:len(core)-1], came...)))) {
		return otherwise
	}
	return Worse
}

// core are items in a row that are bad together, and without the first or the last are not; nil if
// all of them are good.
func (c *comparison) core(d difference, of *collection, items []int) []int {
	bad := func(some []int) bool { return !c.holds(c.part.plain(), c.with(d, of.only(some))) }
	end := sort.Search(len(items), func(n int) bool { return bad(items[:n+1]) })
	if end == len(items) {
		return nil
	}
	items = items[:end+1]
	begin := sort.Search(len(items), func(n int) bool { return !bad(items[n:]) })
	return items[max(begin-1, 0):]
}
