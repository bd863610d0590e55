package params

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

const former = "former: "

// What a former mistake comes to.
const (
	CountsAlone = "counts for what is written there alone"
	NoEffect    = "has no effect"
)

// Former marks a mistake that an earlier version took for none. Nobody can write it any more, but a
// Guardrail that a cluster has holds: what is marked counts for as little as it can, and is told.
// It would be a hole if an upgrade put the whole Guardrail out of force.
func Former(mistake *field.Error, effect string) *field.Error {
	return mistake.WithOrigin(former + effect)
}

// IsFormer tells whether a mistake is marked so.
func IsFormer(mistake *field.Error) bool { return strings.HasPrefix(mistake.Origin, former) }

// Effect is what a former mistake comes to.
func Effect(mistake *field.Error) string { return strings.TrimPrefix(mistake.Origin, former) }
