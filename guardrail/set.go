package guardrail

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/kits"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// Set is all that is in force, compiled. It never changes: requests may use it side by side.
type Set struct {
	guardrails []*guardrail
	// validating are the guardrails with a validator that looks at the resource;
	// wide are those with a rule that may look at any, and are among them.
	validating map[schema.GroupResource][]*guardrail
	wide       []*guardrail
	mutating   []*guardrail            // with defaults
	changing   []*guardrail            // with mutations
	exemptions map[string][]*exemption // by namespace
	inCEL      bool                    // some expressions
	kits       []*kits.Kit             // what Namespaces are furnished with, of files

	excluded map[string]bool
	cluster  workload.Cluster
	now      func() time.Time

	allFindings bool
	together    bool
	place       func(*Mistake) string // of the objects, in files
}

type guardrail struct {
	name       string
	match      match
	mutators   []mutator
	mutations  []mutation
	validators []validator
	rules      []v1alpha1.Rule // as they were written
	exemptions exemptionPolicy
	overrides  bool // by the label of a Namespace
}

type mutator struct {
	name   string
	last   bool
	mutate mutators.Mutate
}

type validator struct {
	name            string
	severity        validators.Severity
	resources       []validators.Resource
	action          v1alpha1.Action
	enforceFrom     time.Time
	enforceFromText string
	except          *except
	message         string // the Guardrail's, shown with each finding
	check           check
	// ofPods says that it evaluates Pods, and templates as the Pods that they become.
	ofPods bool
	// overSet and validateSet are of a check over all objects together, which no review is evaluated by.
	overSet     *validators.OverSet
	validateSet validators.ValidateSet
	// inCEL says that it is a rule, of which `taffrail explain` has no page.
	inCEL bool
}

func newSet(options Options) *Set {
	s := &Set{
		validating: map[schema.GroupResource][]*guardrail{},
		exemptions: map[string][]*exemption{},
		excluded:   map[string]bool{},
		cluster:    options.Cluster,
		now:        options.Now,

		allFindings: options.AllFindings,
		together:    options.Together,
	}
	if options.ExcludedNamespaces == nil {
		options.ExcludedNamespaces = DefaultExcludedNamespaces
	}
	for _, name := range options.ExcludedNamespaces {
		s.excluded[name] = true
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

func (s *Set) add(g *guardrail) {
	s.guardrails = append(s.guardrails, g)
	s.inCEL = s.inCEL || len(g.rules) > 0 || len(g.mutations) > 0 || len(g.match.conditions) > 0
	if len(g.mutators) > 0 {
		s.mutating = append(s.mutating, g)
	}
	if len(g.mutations) > 0 {
		s.changing = append(s.changing, g)
	}
	for _, v := range g.validators {
		for _, r := range v.resources {
			resource, _, _ := strings.Cut(r.Resource, "/")
			if r.Group == anything || resource == anything {
				s.wide = addOnce(s.wide, g)
				continue
			}
			group := schema.GroupResource{Group: r.Group, Resource: resource}
			s.validating[group] = addOnce(s.validating[group], g)
		}
	}
}

func addOnce(list []*guardrail, g *guardrail) []*guardrail {
	if len(list) > 0 && list[len(list)-1] == g {
		return list
	}
	return append(list, g)
}

// sort makes the order of guardrails, and so of findings and patches, one that
// does not depend on the order of files.
func (s *Set) sort() {
	byName := func(a, b *guardrail) int { return cmp.Compare(a.name, b.name) }
	slices.SortFunc(s.guardrails, byName)
	slices.SortFunc(s.mutating, byName)
	slices.SortFunc(s.changing, byName)
	slices.SortFunc(s.wide, byName)
	for group, list := range s.validating {
		list = append(list, s.wide...)
		slices.SortFunc(list, byName)
		s.validating[group] = slices.Compact(list)
	}
}

// candidates are the guardrails that may look at a resource.
func (s *Set) candidates(resource schema.GroupResource) []*guardrail {
	if known, found := s.validating[resource]; found {
		return known
	}
	return s.wide
}

// LooksInto tells whether a check or a rule is for the object of a review, of which the metadata is
// enough to tell.
func (s *Set) LooksInto(r *workload.Review) bool {
	for _, g := range s.candidates(r.Resource.GroupResource()) {
		if slices.ContainsFunc(g.validators, func(v validator) bool { return v.check.looksAt(r) }) {
			return true
		}
	}
	return false
}

// Len is the number of guardrails.
func (s *Set) Len() int { return len(s.guardrails) }

// Watched is a resource that a check or a rule in force looks at.
type Watched struct {
	validators.Resource
	// Denies says that the check refuses, or will: what it does not see is a hole.
	Denies bool
}

// Unconditional are the same resources, whatever objects the checks find something in: for a
// configuration that does not follow when a guardrail changes.
func Unconditional(watched []Watched) []Watched {
	watched = slices.Clone(watched)
	for i := range watched {
		watched[i].Only = ""
	}
	return watched
}

// Completes tells whether a guardrail has defaults.
func (s *Set) Completes() bool { return len(s.mutating) > 0 }

// Resources are what the checks and rules in force look at. What a rule looks at
// may have a * for its group, version or resource, and a subresource after its
// resource, which is meant alone: pods/exec.
func (s *Set) Resources() []Watched {
	var all []Watched
	for _, g := range s.guardrails {
		all = append(all, g.resources()...)
	}
	return all
}

// Excludes tells whether a Namespace is never matched.
func (s *Set) Excludes(namespace string) bool { return s.excluded[namespace] }
