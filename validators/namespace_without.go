package validators

import (
	"taffrail.dev/taffrail/internal/sets"
	"taffrail.dev/taffrail/internal/workload"
)

var namePath = (*workload.Path)(nil).Child("metadata", "name")

// eachInhabited passes on the Namespaces among the inputs that hold a workload.
func eachInhabited(all *sets.Set, each func(in *sets.Object, n *sets.Namespace)) {
	for _, object := range all.Namespace("").Named {
		if n := all.Namespace(object.Name); object.Kind == "Namespace" && len(n.Workloads) > 0 {
			each(&object.Object, n)
		}
	}
}

// mustHave finds the Namespaces that hold a workload and no object of a kind.
func mustHave(kind, detail string) ValidateSet {
	return func(all *sets.Set, found func(*sets.Object, Finding)) {
		eachInhabited(all, func(in *sets.Object, n *sets.Namespace) {
			if len(n.Names(kind)) == 0 {
				found(in, invalid(namePath, in.Name, detail))
			}
		})
	}
}
