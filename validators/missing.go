package validators

import "taffrail.dev/taffrail/internal/sets"

// mustBeThere finds the references to objects of a kind that are not there. Known tells of those that
// each namespace has.
func mustBeThere(kind string, known func(name string) bool) ValidateSet {
	return func(all *sets.Set, found func(*sets.Object, Finding)) {
		for n := range all.Namespaces() {
			look := func(in *sets.Object, references []sets.Reference) {
				for _, r := range references {
					if r.Kind == kind && !known(r.Name) && !all.Has(kind, n.Name, r.Name) {
						found(in, absent(placeAt(r.Path), kind, r.Name, n))
					}
				}
			}
			for _, w := range n.Workloads {
				look(&w.Object, w.References)
			}
			for _, i := range n.Ingresses {
				look(&i.Object, i.References)
			}
			for _, a := range n.ServiceAccounts {
				look(&a.Object, a.References)
			}
		}
	}
}

func never(string) bool { return false }
