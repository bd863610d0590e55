package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/sets"
)

// basis is what objects are evaluated by. A change of a Guardrail or an Exemption makes another one.
type basis struct {
	objects    guardrail.Objects
	set        *guardrail.Set
	guardrails []guardrail.InForce
	notes      []string
	now        func() time.Time
	engine     guardrail.Options
	// sets are those without some checks, by what is missing to these.
	sets map[sets.Needs]partial
	// place names an object for checks over all objects together.
	place func(*listed, types.UID) sets.At
}

// check is an error for what is wrong in guardrails that come from files. What a cluster holds is set
// aside instead, as the webhook sets it aside.
func (o *Options) check() error {
	if o.Stored {
		return nil
	}
	written := o.Guardrails
	written.Exemptions = slices.DeleteFunc(slices.Clone(written.Exemptions), func(x v1alpha1.Exemption) bool { return x.UID != "" })
	written, _ = withoutRequests(written)
	_, err := guardrail.Compile(written, guardrail.Options{Now: o.Now})
	return err
}

// compile makes the basis.
func compile(o *Options, objects guardrail.Objects, engine guardrail.Options, compiler *guardrail.Compiler, held *held) *basis {
	b := &basis{objects: objects, now: o.now(), place: held.place, sets: map[sets.Needs]partial{}}
	b.engine = engine
	var left guardrail.Objects
	left, b.notes = withoutRequests(objects)
	var compiled guardrail.Report
	b.set, compiled = compiler.Compile(left)
	if err := compiled.Err(); err != nil {
		for line := range strings.Lines(err.Error()) {
			b.notes = append(b.notes, fmt.Sprintf("not enforced: %s", strings.TrimSpace(line)))
		}
	}
	b.guardrails = b.set.InForce()
	return b
}
