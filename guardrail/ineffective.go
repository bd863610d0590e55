package guardrail

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// allows tells whether the guardrail lets the Exemption hold, for as long as it is to.
func (p exemptionPolicy) allows(e *exemption) bool {
	return p.allowed && e.expires.Sub(e.created) <= p.maxDuration
}

// ineffective says why an Exemption lets nothing through: no guardrail that it is for allows it, or
// allows it for so long. It is nil when one does, and when there is none yet.
func (s *Set) ineffective(e *exemption) *field.Error {
	spec := field.NewPath("spec")
	var longest time.Duration
	candidates, allowed := 0, 0
	for _, g := range s.guardrails {
		if len(e.guardrails) > 0 && !slices.Contains(e.guardrails, g.name) {
			continue
		}
		if g.exemptions.allows(e) {
			return nil
		}
		candidates++
		if g.exemptions.allowed {
			allowed++
			longest = max(longest, g.exemptions.maxDuration)
		}
	}
	switch {
	case candidates == 0:
		return nil
	case allowed == 0:
		return field.Forbidden(spec, "must not be there: no Guardrail allows Exemptions")
	default:
		return field.Invalid(spec.Child("expires"), e.expiresText, "must be at most "+longest.String()+
			" after its creation: no Guardrail allows longer (spec.exemptions.maxDuration)")
	}
}
