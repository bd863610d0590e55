package validators

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/workload"
)

// The rules of PodSecurityPolicy, whose words Gatekeeper has kept.
const (
	mustRunAs        = "MustRunAs"        // it must be set, and be in a range
	mayRunAs         = "MayRunAs"         // where it is set, it must be in a range
	mustRunAsNonRoot = "MustRunAsNonRoot" // it may be any but root
)

// runAsRules is a parameter: which rule holds for what.
type runAsRules struct {
	Users              string `json:"users"`
	Groups             string `json:"groups"`
	FSGroups           string `json:"fsGroups"`
	SupplementalGroups string `json:"supplementalGroups"`
}

func (r runAsRules) check(at *field.Path, usersRanged bool) (mistakes field.ErrorList) {
	both := []string{mustRunAs, mayRunAs}
	for _, rule := range []struct {
		name, is  string
		supported []string
	}{
		{"users", r.Users, []string{mustRunAs, mayRunAs, mustRunAsNonRoot}},
		{"groups", r.Groups, both},
		{"fsGroups", r.FSGroups, both},
		{"supplementalGroups", r.SupplementalGroups, both},
	} {
		switch known := slices.Contains(rule.supported, rule.is); {
		case !known:
			mistakes = append(mistakes, field.NotSupported(at.Child(rule.name), rule.is, rule.supported))
		case rule.is == mustRunAsNonRoot && usersRanged:
			mistakes = append(mistakes, field.Invalid(at.Child(rule.name), rule.is, "must be MustRunAs or MayRunAs where users has ranges"))
		}
	}
	return mistakes
}

// mustNotRunAsRoot is the rule MustRunAsNonRoot: the user decides where there is one, else the kubelet
// must be told to refuse root.
func mustNotRunAsRoot(pod *workload.Pod) (findings []Finding) {
	for c := range pod.AllContainers() {
		path := func() *workload.Path { return c.Path().Child("securityContext") }
		switch user, nonRoot := c.EffectiveRunAsUser(), c.EffectiveRunAsNonRoot(); {
		case user != nil && *user != 0, user == nil && nonRoot != nil && *nonRoot:
		case user != nil:
			at := path()
			if ownID(c, runAsUser) == nil {
				at = pod.SpecPath().Child("securityContext")
			}
			findings = append(findings, invalid(at.Child("runAsUser"), *user, "must not be 0").of(c).about(path()).spans(holds("root", "perhaps", "surely")))
		default:
			f := required(path().Child("runAsNonRoot"), "must be true, or runAsUser must be set and not 0").of(c).about(path()).spans(holds("root", "perhaps"))
			findings = append(findings, f.fixedBy(workload.AddMember(path(), c.SecurityContext != nil, "runAsNonRoot", true)))
		}
	}
	return findings
}
