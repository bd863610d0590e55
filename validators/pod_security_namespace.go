package validators

import (
	psa "k8s.io/pod-security-admission/api"

	"taffrail.dev/taffrail/workload"
)

// byNamespace obeys the Pod Security labels of the Namespace as Kubernetes'
// own admission does: what is enforced is enforced on Pods, while templates
// are only warned of and audited.
func (p *podSecurity) byNamespace() Validate {
	controls := everyControl()
	return func(r *workload.Review) []Finding {
		if r.Pod == nil {
			return nil
		}
		namespace := r.NamespaceMeta()
		if namespace == nil {
			// To judge as if the Namespace had no labels would be a hole.
			path := (*workload.Path)(nil).Child("metadata", "namespace")
			return []Finding{invalid(path, r.Namespace, "must be a Namespace whose Pod Security labels are known")}
		}
		// A label that is wrong counts as the strictest for enforce, and as none
		// for warn and audit.
		policy, _ := psa.PolicyToEvaluate(namespace.Labels, unlabelled)
		var findings []Finding
		seen := map[string]bool{}
		add := func(action Action, level psa.LevelVersion) {
			for _, f := range p.judge(r.Pod, controls.of(level)) {
				if id := f.Identity(); !seen[id] {
					seen[id] = true
					f.Action = action
					findings = append(findings, f)
				}
			}
		}
		// The same place is reported once, with the gravest action.
		if !r.Pod.IsTemplate() {
			add(Deny, policy.Enforce)
		}
		add(Warn, policy.Warn)
		add(Audit, policy.Audit)
		return findings
	}
}

// unlabelled is what holds in a Namespace without labels.
var unlabelled = func() psa.Policy {
	privileged := psa.LevelVersion{Level: psa.LevelPrivileged, Version: psa.LatestVersion()}
	return psa.Policy{Enforce: privileged, Warn: privileged, Audit: privileged}
}()

// levels are the controls of each level and version that has some of its own.
type levels map[psa.LevelVersion][]control

func everyControl() levels {
	all := levels{}
	for _, level := range []psa.Level{psa.LevelBaseline, psa.LevelRestricted} {
		for _, version := range append(podSecurityVersions(), psa.LatestVersion()) {
			lv := psa.LevelVersion{Level: level, Version: version}
			all[lv] = controlsOf(lv)
		}
	}
	return all
}

// of are the controls of a level and version. A version that is newer than all
// that is known has the latest; the level privileged has none.
func (l levels) of(lv psa.LevelVersion) []control {
	if controls, known := l[lv]; known {
		return controls
	}
	return l[psa.LevelVersion{Level: lv.Level, Version: psa.LatestVersion()}]
}
