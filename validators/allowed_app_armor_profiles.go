package validators

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/utils/ptr"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "allowed-app-armor-profiles",
	Summary: "containers with another AppArmor profile than these",
	Doc: `
On nodes with AppArmor a container that says nothing runs under the profile of
its runtime, and passes. One that names a profile takes what that allows; one
that is Unconfined is held by none.

    allowed: [RuntimeDefault, Localhost/k8s-web, Localhost/operator-*]

are the runtime's own, and profiles that are loaded on the nodes; a star at the
end stands for the rest. The profile of the Pod counts where a container has
none, and the annotation of former versions where neither has the field.
Windows Pods are not checked.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.PSS, "AppArmor"),
		params.Refs(params.Gatekeeper, "K8sPSPAppArmor"),
		params.Refs(params.KRail, "pod_deny_unconfined_apparmor_policy"),
	),
	Resources: securedPods,
	New:       newAllowedAppArmorProfiles,
})

type allowedAppArmorProfiles struct {
	Allowed []string `json:"allowed" doc:"Profiles: RuntimeDefault, Unconfined, or Localhost/ and a name; a star at the end stands for the rest."`
}

func newAllowedAppArmorProfiles(decode params.Decode) (Validate, error) {
	p := allowedAppArmorProfiles{Allowed: []string{runtimeDefault, localhost + "/*"}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	allowed, mistakes := parseProfileNames(p.Allowed, field.NewPath("allowed"))
	detail := "must be " + oneOf(p.Allowed)
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		if pod.IsWindows() {
			return nil
		}
		for c := range pod.AllContainers() {
			is, annotated := appArmorProfile(c)
			if is.kind == "" || allowed.allow(is) {
				continue
			}
			f := invalid(appArmorPath(c, annotated), is.String(), detail).of(c).about(c.Path().Child("securityContext", "appArmorProfile"))
			if !annotated && allowed.allow(profile{kind: runtimeDefault}) {
				f = f.fixedBy(workload.AddMember(c.Path().Child("securityContext"), c.SecurityContext != nil, "appArmorProfile",
					corev1.AppArmorProfile{Type: corev1.AppArmorProfileTypeRuntimeDefault}))
			}
			findings = append(findings, f)
		}
		return findings
	}), mistakes.ToAggregate()
}

// appArmorProfile is the profile that a container runs under, and whether an annotation names it. It is
// the zero profile where nobody names one.
func appArmorProfile(c workload.Container) (is profile, annotated bool) {
	if p := c.EffectiveAppArmorProfile(); p != nil {
		return profile{kind: string(p.Type), name: ptr.Deref(p.LocalhostProfile, "")}, false
	}
	annotations := c.Pod().Meta.Annotations
	if len(annotations) == 0 {
		return profile{}, false
	}
	var onStack [128]byte // the annotations are not walked for each container, and nothing is allocated
	text := annotations[string(append(append(onStack[:0], appArmorAnnotation...), c.Name...))]
	return annotatedProfile(text), text != ""
}

const appArmorAnnotation = corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix

// appArmorPath is where that is said.
func appArmorPath(c workload.Container, annotated bool) *workload.Path {
	switch own := c.SecurityContext != nil && c.SecurityContext.AppArmorProfile != nil; {
	case annotated:
		return c.Pod().MetadataPath().Child("annotations").Key(appArmorAnnotation + c.Name)
	case own:
		return c.Path().Child("securityContext", "appArmorProfile")
	default:
		return c.Pod().SpecPath().Child("securityContext", "appArmorProfile")
	}
}

// annotatedProfile is the profile that an annotation names.
func annotatedProfile(text string) profile {
	name, local := strings.CutPrefix(text, corev1.DeprecatedAppArmorBetaProfileNamePrefix)
	switch {
	case local:
		return profile{localhost, name}
	case text == corev1.DeprecatedAppArmorBetaProfileRuntimeDefault:
		return profile{kind: runtimeDefault}
	case text == "":
		return profile{}
	default: // unconfined, and what the kubelet does not know
		return profile{kind: unconfined}
	}
}
