package validators

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
	admissionapi "k8s.io/pod-security-admission/admission/api"
	configuration "k8s.io/pod-security-admission/admission/api/v1"
	"k8s.io/pod-security-admission/admission/api/validation"
	psa "k8s.io/pod-security-admission/api"

	"taffrail.dev/taffrail/internal/workload"
)

// obeyed is the level namespace: Kubernetes' own admission over again.
type obeyed struct {
	*podSecurity
	controls levels
	// defaults are what holds in a Namespace without labels.
	defaults   psa.Policy
	exemptions configuration.PodSecurityExemptions
}

// obeyed reads defaults and exemptions as Kubernetes reads its configuration.
func (p *podSecurity) obeyed() (*obeyed, field.ErrorList) {
	var mistakes field.ErrorList
	if p.Level != namespaceLevel {
		detail := fmt.Sprintf("must not be set with level %q: it goes with %q", p.Level, namespaceLevel)
		if p.Defaults != nil {
			mistakes = append(mistakes, field.Forbidden(field.NewPath("defaults"), detail))
		}
		if p.Exemptions != nil {
			mistakes = append(mistakes, field.Forbidden(field.NewPath("exemptions"), detail))
		}
		return nil, mistakes
	}
	o := &obeyed{podSecurity: p, controls: everyControl()}
	var defaults configuration.PodSecurityDefaults
	if p.Defaults != nil {
		defaults = *p.Defaults
	}
	if p.Exemptions != nil {
		o.exemptions = *p.Exemptions
	}
	configuration.SetDefaults_PodSecurityDefaults(&defaults)
	whole := &admissionapi.PodSecurityConfiguration{
		Defaults:   admissionapi.PodSecurityDefaults(defaults),
		Exemptions: admissionapi.PodSecurityExemptions(o.exemptions),
	}
	if mistakes := validation.ValidatePodSecurityConfiguration(whole); len(mistakes) > 0 {
		return nil, mistakes
	}
	o.defaults, _ = admissionapi.ToPolicy(whole.Defaults) // which has just been validated
	return o, nil
}

// exempts tells whether the Pod of a review is not evaluated at all.
func (o *obeyed) exempts(r *workload.Review) bool {
	return slices.Contains(o.exemptions.Namespaces, r.Namespace) ||
		slices.Contains(o.exemptions.Usernames, r.User.Username) ||
		o.exemptsRuntimeClass(r.Pod)
}

func (o *obeyed) exemptsRuntimeClass(pod *workload.Pod) bool {
	if pod == nil { // of a Binding nothing is known
		return false
	}
	class := pod.Spec.RuntimeClassName
	return class != nil && slices.Contains(o.exemptions.RuntimeClasses, *class)
}
