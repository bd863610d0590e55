package sets

import (
	"iter"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Set holds the facts of all objects, by namespace. It is filled first, then asked.
type Set struct {
	namespaces map[string]*Namespace
	targets    map[workloadKey][]*Autoscaler
}

type workloadKey struct {
	namespace string
	target    Target
}

// New is a set of what each cluster has.
func New() *Set {
	s := &Set{namespaces: map[string]*Namespace{}, targets: map[workloadKey][]*Autoscaler{}}
	s.Add(&Service{
		Object: Object{Kind: "Service", Namespace: metav1.NamespaceDefault, Name: "kubernetes"},
		Labels: Labels{{"component", "apiserver"}, {"provider", "kubernetes"}},
		Ports:  []ServicePort{{Name: "https", Number: 443}},
	})
	return s
}

// Add adds the facts of an object.
func (s *Set) Add(facts ...Fact) {
	for _, f := range facts {
		n := s.in(f.object().Namespace)
		switch f := f.(type) {
		case *Workload:
			n.Workloads = append(n.Workloads, f)
		case *Service:
			n.Services = append(n.Services, f)
		case *Ingress:
			n.Ingresses = append(n.Ingresses, f)
		case *Autoscaler:
			n.Autoscalers = append(n.Autoscalers, f)
			key := workloadKey{f.Namespace, f.Target}
			s.targets[key] = append(s.targets[key], f)
		case *Budget:
			n.Budgets = append(n.Budgets, f)
		case *Policy:
			n.Policies = append(n.Policies, f)
		case *Monitor:
			n.Monitors = append(n.Monitors, f)
		case *Role:
			n.Roles = append(n.Roles, f)
		case *Binding:
			n.Bindings = append(n.Bindings, f)
		case *ServiceAccount:
			n.ServiceAccounts = append(n.ServiceAccounts, f)
		case *Maker:
			n.open = true
		case *Named:
			n.Named = append(n.Named, f)
		}
	}
}

func (s *Set) in(namespace string) *Namespace {
	n := s.namespaces[namespace]
	if n == nil {
		n = &Namespace{Name: namespace}
		s.namespaces[namespace] = n
	}
	return n
}

// Namespaces are all that hold an object, by name. That of objects in none comes first.
func (s *Set) Namespaces() iter.Seq[*Namespace] {
	return func(yield func(*Namespace) bool) {
		for _, name := range slices.Sorted(maps.Keys(s.namespaces)) {
			if name != Everywhere && !yield(s.namespaces[name]) {
				return
			}
		}
	}
}

// Namespace is one of them, or an empty one.
func (s *Set) Namespace(name string) *Namespace {
	if n := s.namespaces[name]; n != nil {
		return n
	}
	return &Namespace{Name: name}
}

// Has tells whether there is an object of a kind and a name, or will be.
func (s *Set) Has(kind, namespace, name string) bool {
	if s.Namespace(namespace).has(kind, name) || s.Namespace(Everywhere).has(kind, name) {
		return true
	}
	if kind != Claim {
		return false
	}
	of, is := numbered(name)
	return is && s.Namespace(namespace).has(ofEach, of)
}

// Scaling are the autoscalers of a workload.
func (s *Set) Scaling(w *Workload) []*Autoscaler {
	return s.targets[workloadKey{w.Namespace, w.Target()}]
}
