package validators

import (
	"cmp"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"

	"taffrail.dev/taffrail/internal/workload"
)

// podSecurityChecks are Kubernetes' own checks: those of baseline first, each
// level by name, as Kubernetes reports them.
var podSecurityChecks = func() []policy.Check {
	checks := policy.DefaultChecks()
	slices.SortFunc(checks, func(a, b policy.Check) int {
		if order := psa.CompareLevels(a.Level, b.Level); order != 0 {
			return order
		}
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return checks
}()

// podSecurityControls are their names.
var podSecurityControls = func() (names []string) {
	for _, check := range podSecurityChecks {
		names = append(names, string(check.ID))
	}
	return names
}()

// podSecurityVersions are all versions up to the newest in which a check has changed.
func podSecurityVersions() (versions []psa.Version) {
	newest := psa.MajorMinorVersion(1, 0)
	for _, check := range podSecurityChecks {
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

// controlsOf chooses the controls of a level and version as Kubernetes does: of
// each check the newest that is no newer than the version, and in restricted
// those of baseline too, but for the ones that are overridden.
func controlsOf(lv psa.LevelVersion) (controls []control) {
	for _, check := range podSecurityChecks {
		versioned, exists := inVersion(check, lv.Version)
		if !exists || psa.CompareLevels(check.Level, lv.Level) > 0 {
			continue
		}
		c := control{id: string(check.ID), level: string(check.Level), check: versioned.CheckPod}
		for _, overridden := range versioned.OverrideCheckIDs {
			controls = slices.DeleteFunc(controls, func(b control) bool {
				if b.id != string(overridden) {
					return false
				}
				c.overridden = append(c.overridden, b)
				return true
			})
		}
		controls = append(controls, c)
	}
	return controls
}

func inVersion(check policy.Check, version psa.Version) (found policy.VersionedCheck, exists bool) {
	for _, v := range check.Versions {
		if !version.Older(v.MinimumVersion) {
			found, exists = v, true
		}
	}
	return found, exists
}

// evaluate finds every place that breaks the control. Whether a Pod does is for
// Kubernetes to say; where, it does not say. So it is asked again of each
// suspect: of the Pod reduced to that one place.
func (c *control) evaluate(pod *workload.Pod) (findings []Finding) {
	verdict := c.check(pod.Meta, pod.Spec)
	if verdict.Allowed {
		return nil
	}
	if locate, known := locators[c.id]; known {
		for _, s := range locate(pod) {
			if forbids(c.check, s) {
				s.Overrides = c.overrides(s)
				findings = append(findings, s.Finding)
			}
		}
	}
	if len(findings) == 0 {
		findings = []Finding{c.unlocated(pod, verdict)}
	}
	for i := range findings {
		f := &findings[i]
		f.Level, f.Control = c.level, c.id
		f.Words = Words{Reason: cmp.Or(verdict.ForbiddenReason, policy.UnknownForbiddenReason), Detail: verdict.ForbiddenDetail}
	}
	return findings
}

// unlocated is the finding of a control that is newer than our locators.
func (c *control) unlocated(pod *workload.Pod, verdict policy.CheckResult) Finding {
	f := forbidden(pod.SpecPath(), "must pass "+verdict.ForbiddenReason)
	if verdict.ForbiddenDetail != "" {
		f.Detail += ": " + verdict.ForbiddenDetail
	}
	f.Value = verdict.ForbiddenDetail
	return f
}

// overrides names the control that forbids the same place on a lower level.
func (c *control) overrides(s suspect) string {
	for _, lower := range c.overridden {
		if forbids(lower.check, s) {
			return lower.id
		}
	}
	return ""
}

func forbids(check policy.CheckPodFn, s suspect) bool {
	return !check(&metav1.ObjectMeta{Annotations: s.annotations}, s.spec).Allowed
}
