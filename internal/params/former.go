package params

import "k8s.io/apimachinery/pkg/util/validation/field"

const former = "former"

// Former marks a mistake that an earlier version took for none. Nobody can write it any more, but a
// Guardrail that a cluster has holds: what is marked counts for as little as it can, and is told.
// It would be a hole if an upgrade put the whole Guardrail out of force.
func Former(mistake *field.Error) *field.Error { return mistake.WithOrigin(former) }

// IsFormer tells whether a mistake is marked so.
func IsFormer(mistake *field.Error) bool { return mistake.Origin == former }
