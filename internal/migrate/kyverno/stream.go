package kyverno

import (
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/migrate/policy"
)

// stream is a list by what can be asked of it. Present tells whether there is a list at all: one that
// is missing is null, and no condition holds of that.
type stream struct {
	present string
	quantor func(all bool, test func(value) string) string
	size    string // empty where it cannot be counted
	nested  bool   // its items are lists
}

func (s *stream) exists(test func(value) string) string { return s.quantor(false, test) }

func (s *stream) all(test func(value) string) string { return s.quantor(true, test) }

// list is a value as a stream of its items.
func (s *scope) list(of result) *stream {
	if of.stream != nil {
		return of.stream
	}
	items := of.or("[]")
	return &stream{
		present: of.present(), size: "size(" + items + ")",
		quantor: func(all bool, test func(value) string) string {
			e := s.c.variable()
			return items + macro(all) + "(" + e + ", " + test(value{e, false}) + ")"
		},
	}
}

func macro(all bool) string {
	if all {
		return ".all"
	}
	return ".exists"
}

// field is the stream of a field of each item that has one.
func (s *stream) field(name string) *stream {
	return &stream{present: s.present, nested: slices.Contains(lists, name) || slices.Contains(listsOfMaps, name), quantor: func(all bool, test func(value) string) string {
		return s.quantor(all, func(item value) string {
			at := item.field(name)
			inner := test(value{at.expression + ".value()", false})
			if all {
				return policy.Any(policy.Not(at.present()), inner)
			}
			return policy.All(at.present(), inner)
		})
	}}
}

// listsOfMaps are the fields of Kubernetes that are lists of maps.
var listsOfMaps = strings.Fields(`containers initContainers ephemeralContainers volumes ports env envFrom volumeMounts
	rules subjects paths tls tolerations imagePullSecrets sources ingress egress sysctls`)

// otherwise is a stream that is one constant where it has no items.
func (s *stream) otherwise(constant value) *stream {
	some := func() string { return s.exists(func(value) string { return "true" }) }
	return &stream{present: "true", quantor: func(all bool, test func(value) string) string {
		if all {
			return policy.All(s.all(test), policy.Any(some(), test(constant)))
		}
		return policy.Any(s.exists(test), policy.All(policy.Not(some()), test(constant)))
	}}
}
