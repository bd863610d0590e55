package audit

import (
	"fmt"
	"strings"
	"time"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/workload"
)

// basis is what objects are evaluated by. A change of a Guardrail or an Exemption makes another one.
type basis struct {
	objects    guardrail.Objects
	set        *guardrail.Set
	guardrails []guardrail.InForce
	notes      []string
	now        func() time.Time
}

// compile makes the basis. The compiler is that of the cluster's objects, or nil for those of files,
// of which a mistake is an error.
func compile(o *Options, objects guardrail.Objects, compiler *guardrail.Compiler, cluster workload.Cluster) (*basis, error) {
	b := &basis{objects: objects, now: o.now()}
	var err error
	var left guardrail.Objects
	left, b.notes = withoutRequests(objects)
	if compiler == nil {
		b.set, err = guardrail.Compile(left, o.engine(cluster))
	} else {
		var compiled guardrail.Report
		b.set, compiled = compiler.Compile(left)
		if err := compiled.Err(); err != nil {
			for line := range strings.Lines(err.Error()) {
				b.notes = append(b.notes, fmt.Sprintf("not enforced: %s", strings.TrimSpace(line)))
			}
		}
	}
	if err != nil {
		return nil, err
	}
	b.guardrails = b.set.InForce()
	return b, nil
}

// engine are the options of a Set.
func (o *Options) engine(cluster workload.Cluster) guardrail.Options {
	return guardrail.Options{ExcludedNamespaces: o.ExcludedNamespaces, Cluster: cluster, AllFindings: true, Now: o.now()}
}

func (o *Options) now() func() time.Time {
	if o.Now == nil {
		return time.Now
	}
	return o.Now
}
