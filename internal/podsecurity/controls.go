package podsecurity

import (
	"cmp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"taffrail.dev/taffrail/internal/workload"
)

// checks are Kubernetes' own: those of baseline first, each level by name, as Kubernetes reports
// them.
var checks = func() []policy.Check {
	all := policy.DefaultChecks()
	slices.SortFunc(all, func(a, b policy.Check) int {
		if order := psa.CompareLevels(a.Level, b.Level); order != 0 {
			return order
		}
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return all
}()

// Controls are the names of all controls: those of baseline first, then those of restricted.
func Controls() (names []string) {
	for _, check := range checks {
		names = append(names, string(check.ID))
	}
	return names
}

// versions are all versions up to the newest in which a check has changed.
func versions() (versions []psa.Version) {
	newest := psa.MajorMinorVersion(1, 0)
	for _, check := range checks {
		if last := check.Versions[len(check.Versions)-1].MinimumVersion; newest.Older(last) {
			newest = last
		}
	}
	for minor := range newest.Minor() + 1 {
		versions = append(versions, psa.MajorMinorVersion(1, minor))
	}
	return versions
}

// control is one of Kubernetes' checks, in one version.
type control struct {
	id, level string
	check     policy.CheckPodFn
	// overridden are the controls of baseline that this one stands in for.
	overridden []control
}

// controlsOf chooses the controls of a level and version as Kubernetes does: of each check the newest
// that is no newer than the version, and in restricted those of baseline too, but for the ones that
// are overridden by one that is selected.
func controlsOf(lv psa.LevelVersion, selection Selection) (controls []control) {
	for _, check := range checks {
		versioned, exists := inVersion(check, lv.Version)
		if !exists || psa.CompareLevels(check.Level, lv.Level) > 0 || !selection.has(string(check.ID)) {
			continue
		}
		c := control{id: string(check.ID), level: string(check.Level), check: versioned.CheckPod}
		for _, overridden := range versioned.OverrideCheckIDs {
			controls = slices.DeleteFunc(controls, func(b control) bool { return b.id == string(overridden) })
			c.overridden = append(c.overridden, overriddenBy(overridden, lv.Version)...)
		}
		controls = append(controls, c)
	}
	return controls
}

// overriddenBy is the control of baseline that another one overrides, selected or not: an Exemption
// may name it all the same.
func overriddenBy(id policy.CheckID, version psa.Version) (overridden []control) {
	for _, check := range checks {
		if versioned, exists := inVersion(check, version); exists && check.ID == id {
			overridden = append(overridden, control{id: string(id), level: string(check.Level), check: versioned.CheckPod})
		}
	}
	return overridden
}

func inVersion(check policy.Check, version psa.Version) (found policy.VersionedCheck, exists bool) {
	for _, v := range check.Versions {
		if !version.Older(v.MinimumVersion) {
			found, exists = v, true
		}
	}
	return found, exists
}

// locate finds every place that violates the control. Whether a Pod does is for Kubernetes to say;
// where, it does not say. So it is asked again, see search.
func (c *control) locate(in *search, verdict policy.CheckResult) {
	in.control = c
	before := len(in.found)
	if locate, known := locators[c.id]; known {
		locate(in)
	}
	if len(in.found) == before {
		in.found = append(in.found, c.unlocated(in.pod, verdict))
	}
	for i := range in.found[before:] {
		v := &in.found[before+i]
		v.Level, v.Control = c.level, c.id
		v.Words = Words{Reason: cmp.Or(verdict.ForbiddenReason, policy.UnknownForbiddenReason), Detail: verdict.ForbiddenDetail}
	}
}

// unlocated is the violation of a control that is newer than our locators.
func (c *control) unlocated(pod *workload.Pod, verdict policy.CheckResult) Violation {
	v := forbidden(pod.SpecPath(), "must pass "+verdict.ForbiddenReason)
	if verdict.ForbiddenDetail != "" {
		v.Detail += ": " + verdict.ForbiddenDetail
	}
	v.Value = verdict.ForbiddenDetail
	return v
}

// overrides names the control that forbids a reduced Pod on a lower level.
func (c *control) overrides(meta *metav1.ObjectMeta, spec *corev1.PodSpec) string {
	for _, lower := range c.overridden {
		if !lower.check(meta, spec).Allowed {
			return lower.id
		}
	}
	return ""
}
