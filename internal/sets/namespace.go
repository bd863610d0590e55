package sets

import (
	"iter"

	"k8s.io/apimachinery/pkg/labels"
)

// Namespace holds the facts of the objects in one.
type Namespace struct {
	Name            string
	Workloads       []*Workload
	Services        []*Service
	Ingresses       []*Ingress
	Autoscalers     []*Autoscaler
	Budgets         []*Budget
	Policies        []*Policy
	Monitors        []*Monitor
	Roles           []*Role
	Bindings        []*Binding
	ServiceAccounts []*ServiceAccount
	Named           []*Named

	// open says that it holds an object of another system that may make workloads.
	open      bool
	workloads *index[*Workload]
	services  *index[*Service]
	byKind    map[string]map[string]bool
	values    map[string]map[string]bool
}

// Known tells whether the inputs seem to hold what is in the namespace: a workload at least, and
// nothing of another system that may make some. Of others nobody can tell what is not there.
func (n *Namespace) Known() bool { return len(n.Workloads) > 0 && !n.open }

// Selected are the workloads whose Pods a selector selects.
func (n *Namespace) Selected(selector labels.Selector) iter.Seq[*Workload] {
	if n.workloads == nil {
		n.workloads = indexOf(n.Workloads, (*Workload).indexed, (*Workload).given)
	}
	return func(yield func(*Workload) bool) {
		for _, w := range n.workloads.candidates(selector) {
			if w.SelectedBy(selector) && !yield(w) {
				return
			}
		}
	}
}

// Selects tells whether a selector selects any Pods.
func (n *Namespace) Selects(selector labels.Selector) bool {
	for range n.Selected(selector) {
		return true
	}
	return false
}

// SelectedServices are those that a selector selects by their own labels.
func (n *Namespace) SelectedServices(selector labels.Selector) iter.Seq[*Service] {
	if n.services == nil {
		n.services = indexOf(n.Services, func(s *Service) Labels { return s.Labels }, func(*Service) []string { return nil })
	}
	return func(yield func(*Service) bool) {
		for _, s := range n.services.candidates(selector) {
			if selector.Matches(s.Labels) && !yield(s) {
				return
			}
		}
	}
}

// has tells whether there is an object of a kind and a name.
func (n *Namespace) has(kind, name string) bool {
	if n.byKind == nil {
		n.byKind = map[string]map[string]bool{}
		for _, some := range n.Named {
			n.note(&some.Object)
		}
		for _, s := range n.Services {
			n.note(&s.Object)
		}
		for _, a := range n.ServiceAccounts {
			n.note(&a.Object)
		}
		for _, r := range n.Roles {
			n.note(&r.Object)
		}
		for _, w := range n.Workloads {
			n.note(&w.Object)
		}
	}
	return n.byKind[kind][name]
}

func (n *Namespace) note(o *Object) {
	if n.byKind[o.Kind] == nil {
		n.byKind[o.Kind] = map[string]bool{}
	}
	n.byKind[o.Kind][o.Name] = true
}

// Names are those of the objects of a kind.
func (n *Namespace) Names(kind string) map[string]bool {
	n.has(kind, "")
	return n.byKind[kind]
}

// Values are those of a label that workloads have.
func (n *Namespace) Values(key string) map[string]bool {
	if n.values == nil {
		n.values = map[string]map[string]bool{}
		for _, w := range n.Workloads {
			for _, label := range w.Labels {
				if n.values[label.Key] == nil {
					n.values[label.Key] = map[string]bool{}
				}
				n.values[label.Key][label.Value] = true
			}
		}
	}
	return n.values[key]
}
