package validators

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "allowed-users",
	Summary: "users and groups outside these ranges",
	Doc: `
Files on shared storage know users by number alone. Where each team has numbers
of its own, nobody reads the files of others, and nobody is root.

    users: [{min: 10000, max: 19999}]
    groups: [{min: 10000, max: 19999}]
    fsGroups: [{min: 10000, max: 19999}]
    supplementalGroups: [{min: 10000}]

and in the Pod:

    securityContext: {runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001}

What is given no range is not checked. With a range of users or groups every
container must have runAsUser or runAsGroup, its own or the Pod's: else the
image decides, and most decide for root. fsGroup and supplementalGroups need not
be set. The rules say otherwise, in the words of PodSecurityPolicy: MustRunAs
asks for a value in a range, MayRunAs holds the one that is set.

    rules: {users: MustRunAsNonRoot, fsGroups: MustRunAs}

MustRunAsNonRoot needs no range: a container must have a runAsUser other than 0,
or runAsNonRoot without one. A range without max has no end. Windows Pods are
not checked.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "require-non-root-groups", "check-supplemental-groups", "restrict-usergroup-fsgroup-id"),
		params.Refs(params.Gatekeeper, "K8sPSPAllowedUsers", "K8sPSPFSGroup"),
		params.Refs(params.Polaris, "runAsRootAllowed"),
		params.Refs(params.KubeLinter, "run-as-non-root"),
		params.Refs(params.KRail, "pod_no_root_user"),
	),
	Resources: podsAndTemplates,
	New:       newAllowedUsers,
})

type allowedUsers struct {
	Users              []idRange `json:"users" doc:"Ranges of runAsUser."`
	Groups             []idRange `json:"groups" doc:"Ranges of runAsGroup."`
	FSGroups           []idRange `json:"fsGroups" doc:"Ranges of fsGroup."`
	SupplementalGroups []idRange `json:"supplementalGroups" doc:"Ranges of supplementalGroups."`

	Rules runAsRules `json:"rules" doc:"What holds for each: MustRunAs, MayRunAs or, for users, MustRunAsNonRoot."`
}

func newAllowedUsers(decode params.Decode) (Validate, error) {
	p := allowedUsers{Rules: runAsRules{Users: mustRunAs, Groups: mustRunAs, FSGroups: mayRunAs, SupplementalGroups: mayRunAs}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	compile := func(ranges []idRange, name string) idRanges {
		ids, wrong := parseIDRanges(ranges, field.NewPath(name))
		mistakes = append(mistakes, wrong...)
		return ids
	}
	users, groups := compile(p.Users, "users"), compile(p.Groups, "groups")
	fsGroups, supplemental := compile(p.FSGroups, "fsGroups"), compile(p.SupplementalGroups, "supplementalGroups")
	if !users.given() && !groups.given() && !fsGroups.given() && !supplemental.given() && p.Rules.Users != mustRunAsNonRoot {
		mistakes = append(mistakes, field.Required(field.NewPath("users"), "must be set, or groups, fsGroups or supplementalGroups"))
	}
	mistakes = append(mistakes, p.Rules.check(field.NewPath("rules"), users.given())...)
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		if pod.IsWindows() {
			return nil
		}
		sc := pod.Spec.SecurityContext
		if sc == nil {
			sc = &noSecurityContext
		}
		if p.Rules.Users == mustRunAsNonRoot {
			findings = mustNotRunAsRoot(pod)
		}
		findings = append(findings, mustBeIn(pod, "runAsUser", users, p.Rules.Users, sc.RunAsUser, runAsUser)...)
		findings = append(findings, mustBeIn(pod, "runAsGroup", groups, p.Rules.Groups, sc.RunAsGroup, runAsGroup)...)
		findings = append(findings, mustOwnVolumes(pod, sc, fsGroups, p.Rules.FSGroups)...)
		return append(findings, mustHaveGroups(pod, sc, supplemental, p.Rules.SupplementalGroups)...)
	}), mistakes.ToAggregate()
}

func runAsUser(sc *corev1.SecurityContext) *int64  { return sc.RunAsUser }
func runAsGroup(sc *corev1.SecurityContext) *int64 { return sc.RunAsGroup }

func mustOwnVolumes(pod *workload.Pod, sc *corev1.PodSecurityContext, ids idRanges, rule string) []Finding {
	if !ids.given() || sc.FSGroup == nil && rule == mayRunAs || sc.FSGroup != nil && ids.allow(*sc.FSGroup) {
		return nil
	}
	return []Finding{mustBe(pod.SpecPath().Child("securityContext", "fsGroup"), sc.FSGroup, ids.detail).spans(usedID("", sc.FSGroup))}
}

func mustHaveGroups(pod *workload.Pod, sc *corev1.PodSecurityContext, ids idRanges, rule string) (findings []Finding) {
	path := func() *workload.Path { return pod.SpecPath().Child("securityContext", "supplementalGroups") }
	if ids.given() && rule == mustRunAs && len(sc.SupplementalGroups) == 0 {
		return []Finding{required(path(), ids.detail)}
	}
	for i, group := range sc.SupplementalGroups {
		if !ids.allow(group) {
			findings = append(findings, invalid(path().Item(i, ""), group, ids.detail).spans(usedID("", &group)))
		}
	}
	return findings
}

var noSecurityContext corev1.PodSecurityContext

// mustBeIn evaluates a setting of the Pod that containers inherit or override.
func mustBeIn(pod *workload.Pod, name string, ids idRanges, rule string, inherited *int64, own func(*corev1.SecurityContext) *int64) (findings []Finding) {
	if !ids.given() {
		return nil
	}
	if inherited != nil && !ids.allow(*inherited) {
		findings = append(findings, invalid(pod.SpecPath().Child("securityContext", name), *inherited, ids.detail))
	}
	for c := range pod.AllContainers() {
		id := ownID(c, own)
		if id == nil && inherited == nil && rule == mustRunAs || id != nil && !ids.allow(*id) {
			findings = append(findings, mustBe(c.Path().Child("securityContext", name), id, ids.detail).of(c))
		}
	}
	for i, f := range findings {
		findings[i] = f.about(pod.SpecPath().Child("securityContext", name)).shared().
			spansLater(func() []part { return []part{usedIDs(pod, f.Container, inherited, own)} })
	}
	return findings
}

func ownID(c workload.Container, own func(*corev1.SecurityContext) *int64) *int64 {
	if c.SecurityContext == nil {
		return nil
	}
	return own(c.SecurityContext)
}

// usedIDs says who has which id: one container or, for the id of the Pod, all that
// have none of their own.
func usedIDs(pod *workload.Pod, c workload.Container, inherited *int64, own func(*corev1.SecurityContext) *int64) part {
	if c.Container != nil {
		return usedID(c.Name, ownID(c, own))
	}
	used := usedID("", inherited)
	for c := range pod.AllContainers() {
		if ownID(c, own) == nil {
			used.items.list = append(used.items.list, usedID(c.Name, inherited).items.list...)
		}
	}
	return used
}

// usedID says who has an id, or that the image decides where it is nil. Whoever was
// root before may be anybody: of other ids, none is better than another.
func usedID(name string, id *int64) part {
	text := "unset"
	if id != nil {
		text = strconv.FormatInt(*id, 10)
	}
	return holds("ids", name+"="+text).in(func(item string) iter.Seq[string] {
		name, _, _ := strings.Cut(item, "=")
		return slices.Values([]string{name + "=0"})
	})
}
