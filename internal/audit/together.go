package audit

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unique"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/sets"
)

// over is what checks over all objects together have found in one.
type over struct {
	findings []seen
	exempted []unique.Handle[exempted]

	of   *record // the object as it was
	by   *guardrail.Set
	text string // what they have found, before Exemptions and whatever else decides
}

// factual is an object that has facts.
type factual struct {
	kind   *listed
	record *record
}

// outcome is what became of an evaluation of all objects together.
type outcome struct {
	changed bool
	// incomplete says that something should be evaluated once more.
	incomplete bool
	// notes tell what is left out.
	notes []string
}

// together evaluates all objects together, but for checks to which something is missing. Only of
// objects in which something is found that was not found before are whole ones asked for.
func (h *held) together(ctx context.Context, client rest.Interface, by *basis, missing sets.Needs) (o outcome) {
	set, notes := by.without(missing)
	o.notes = slices.Clone(notes)
	all, known, earlier := h.set()
	found, errs := set.ValidateAll(all)
	for _, err := range errs {
		o.notes = append(o.notes, err.Error())
	}
	next := map[types.UID]*over{}
	again := map[*listed]map[types.UID]*guardrail.InObject{}
	for _, in := range found {
		of := known[in.At]
		before := earlier[of.record.uid]
		if before != nil && before.of == of.record && before.by == set && before.text == in.Text() {
			next[of.record.uid] = before
			continue
		}
		if again[of.kind] == nil {
			again[of.kind] = map[types.UID]*guardrail.InObject{}
		}
		again[of.kind][of.record.uid] = in
	}
	for kind, objects := range again {
		d := &verdicts{by: by, set: set, known: known, next: next}
		if err := d.kind(ctx, client, kind, objects); err != nil {
			o.notes = append(o.notes, fmt.Sprintf("could not evaluate %s together with all else: %v", kind.name(), err))
			o.incomplete = true
		}
	}
	o.changed = h.take(next)
	return o
}

// without is the set without the checks that ask for missing facts.
func (b *basis) without(missing sets.Needs) (set *guardrail.Set, notes []string) {
	if missing == 0 {
		return b.set, nil
	}
	if known, is := b.sets[missing]; is {
		return known.set, known.notes
	}
	lacking := map[string][]string{}
	for _, g := range b.guardrails {
		for _, v := range g.Validators {
			if v.Needs.Has(missing) {
				lacking[g.Name] = append(lacking[g.Name], v.Name)
			}
		}
	}
	left, _ := withoutRequests(b.objects)
	left.Guardrails = slices.Clone(left.Guardrails)
	for i := range left.Guardrails {
		g := &left.Guardrails[i]
		names := lacking[g.Name]
		g.Spec.Validators = slices.DeleteFunc(slices.Clone(g.Spec.Validators), func(v v1alpha1.Validator) bool { return slices.Contains(names, v.Name) })
		if len(names) > 0 {
			notes = append(notes, fmt.Sprintf("Guardrail %s: left out, as not all that they need could be listed: %s", g.Name, strings.Join(names, ", ")))
		}
	}
	set, _ = guardrail.NewCompiler(b.engine).Compile(left)
	b.sets[missing] = partial{set, notes}
	return set, notes
}

// partial is a set without some checks, and what that leaves out.
type partial struct {
	set   *guardrail.Set
	notes []string
}

// set are all facts, whose they are, and what was found before.
func (h *held) set() (all *sets.Set, known map[sets.At]factual, earlier map[types.UID]*over) {
	h.mu.Lock()
	defer h.mu.Unlock()
	all, known = sets.New(), map[sets.At]factual{}
	for _, kind := range h.kinds {
		for _, r := range kind.objects {
			if len(r.facts) > 0 {
				all.Add(r.facts...)
				known[r.at] = factual{kind.listed, r}
			}
		}
	}
	return all, known, maps.Clone(h.over)
}

// take keeps what was found in place of what was found before. What has gone meanwhile has not been
// found.
func (h *held) take(next map[types.UID]*over) (changed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(next, func(uid types.UID, _ *over) bool { _, _, known := h.find(uid); return !known })
	for uid, o := range next {
		before := h.over[uid]
		if before == nil {
			changed = true
			continue
		}
		keepSince(o.findings, before.findings)
		changed = changed || !slices.Equal(o.findings, before.findings) || !slices.Equal(o.exempted, before.exempted)
	}
	changed = changed || len(next) != len(h.over)
	h.over = next
	return h.changed(changed)
}

// verdicts are what follows from what was found.
type verdicts struct {
	by    *basis
	set   *guardrail.Set
	known map[sets.At]factual
	next  map[types.UID]*over
}

// kind asks for the objects of a kind in which something was found: for each, where they are few, else
// for all of the kind.
func (d *verdicts) kind(ctx context.Context, client rest.Interface, kind *listed, found map[types.UID]*guardrail.InObject) error {
	if len(found) > pageSize {
		for p, err := range pages(ctx, client, path(kind.resource), whole) {
			if err != nil {
				return err
			}
			for _, item := range p.Items {
				if err := d.decide(ctx, kind, item, found); err != nil {
					return err
				}
			}
		}
		return nil
	}
	for _, in := range found {
		p, err := listOne(ctx, client, pathIn(kind.resource, in.Namespace), in.Name)
		if err != nil {
			return err
		}
		for _, item := range p.Items { // none, where it has gone
			if err := d.decide(ctx, kind, item, found); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *verdicts) decide(ctx context.Context, kind *listed, item []byte, found map[types.UID]*guardrail.InObject) error {
	meta, err := identity(item)
	if err != nil {
		return err
	}
	in := found[meta.UID]
	if in == nil {
		return nil
	}
	review, err := kind.review(item)
	if err != nil {
		return err
	}
	decision := d.set.DecideIn(ctx, review, in)
	o := &over{of: d.known[in.At].record, by: d.set, text: in.Text()}
	o.findings, o.exempted = foundBy(&decision, review.Namespace, d.by.now())
	d.next[meta.UID] = o
	return ctx.Err()
}
