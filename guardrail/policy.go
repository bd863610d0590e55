package guardrail

import (
	"time"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// maxExemption is how long an Exemption may hold unless the Guardrail says otherwise.
const maxExemption = 90 * 24 * time.Hour

// exemptionPolicy says which Exemptions hold for a guardrail.
type exemptionPolicy struct {
	allowed     bool
	maxDuration time.Duration // from the creation of an Exemption to its expiry
}

func compilePolicy(in *v1alpha1.ExemptionPolicy, at *field.Path) (exemptionPolicy, field.ErrorList) {
	out := exemptionPolicy{allowed: true, maxDuration: maxExemption}
	if in == nil {
		return out, nil
	}
	if in.Allowed != nil {
		out.allowed = *in.Allowed
	}
	if in.MaxDuration != nil {
		out.maxDuration = in.MaxDuration.Duration
	}
	if out.maxDuration <= 0 {
		return out, field.ErrorList{field.Invalid(at.Child("maxDuration"), out.maxDuration.String(), "must be positive")}
	}
	return out, nil
}
