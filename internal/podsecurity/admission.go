package podsecurity

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
	admissionapi "k8s.io/pod-security-admission/admission/api"
	configuration "k8s.io/pod-security-admission/admission/api/v1"
	"k8s.io/pod-security-admission/admission/api/validation"
	psa "k8s.io/pod-security-admission/api"

	"taffrail.dev/taffrail/internal/workload"
)

// Admission is Kubernetes' own Pod Security admission over again: it obeys the labels of Namespaces.
type Admission struct {
	standards standards
	// defaults are what holds in a Namespace without labels.
	defaults   psa.Policy
	exemptions configuration.PodSecurityExemptions
}

// NewAdmission reads defaults and exemptions as Kubernetes reads its PodSecurityConfiguration, and
// answers all mistakes in them. Of the standards, the selected controls are evaluated.
func NewAdmission(
	defaults configuration.PodSecurityDefaults, exemptions configuration.PodSecurityExemptions, selection Selection,
) (*Admission, field.ErrorList) {
	configuration.SetDefaults_PodSecurityDefaults(&defaults)
	whole := &admissionapi.PodSecurityConfiguration{
		Defaults:   admissionapi.PodSecurityDefaults(defaults),
		Exemptions: admissionapi.PodSecurityExemptions(exemptions),
	}
	if mistakes := validation.ValidatePodSecurityConfiguration(whole); len(mistakes) > 0 {
		return nil, mistakes
	}
	policy, _ := admissionapi.ToPolicy(whole.Defaults) // which has just been validated
	return &Admission{standards: everyStandard(selection), defaults: policy, exemptions: exemptions}, nil
}

// exempts tells whether the Pod of a review is not evaluated at all.
func (a *Admission) exempts(r *workload.Review) bool {
	return slices.Contains(a.exemptions.Namespaces, r.Namespace) ||
		slices.Contains(a.exemptions.Usernames, r.User.Username) ||
		a.exemptsRuntimeClass(r.Pod)
}

func (a *Admission) exemptsRuntimeClass(pod *workload.Pod) bool {
	if pod == nil { // of a Binding nothing is known
		return false
	}
	class := pod.Spec.RuntimeClassName
	return class != nil && slices.Contains(a.exemptions.RuntimeClasses, *class)
}

// standards are those of each level and version that has controls of its own.
type standards map[psa.LevelVersion]Standard

func everyStandard(selection Selection) standards {
	all := standards{}
	for _, level := range []psa.Level{psa.LevelBaseline, psa.LevelRestricted} {
		for _, version := range append(versions(), psa.LatestVersion()) {
			lv := psa.LevelVersion{Level: level, Version: version}
			all[lv] = NewStandard(lv, selection)
		}
	}
	return all
}

// of is the standard of a level and version. A version that is newer than all that is known has the
// latest; the level privileged has no controls.
func (s standards) of(lv psa.LevelVersion) Standard {
	if standard, known := s[lv]; known {
		return standard
	}
	return s[psa.LevelVersion{Level: lv.Level, Version: psa.LatestVersion()}]
}
