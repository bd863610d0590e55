package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

// basis is what objects are evaluated by. A change of a Guardrail or an Exemption makes another one.
type basis struct {
	objects    guardrail.Objects
	set        *guardrail.Set
	guardrails []guardrail.InForce
	notes      []string
	now        func() time.Time
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
func compile(o *Options, objects guardrail.Objects, compiler *guardrail.Compiler) *basis {
	b := &basis{objects: objects, now: o.now()}
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
