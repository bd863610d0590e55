package validators

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	configuration "k8s.io/pod-security-admission/admission/api/v1"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/podsecurity"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "pod-security",
	Summary: "Pods that break the Pod Security Standards",
	Doc: `
The Pod Security Standards are Kubernetes' own measure of a Pod. What baseline
refuses takes over the node: privileged containers, the host's namespaces, its
file system. What restricted refuses besides makes that easier: running as
root, gaining privileges, capabilities that nobody needs.

The verdicts are Kubernetes' own, those of its Pod Security admission. Each
control has the name that it has there, so that it can be excluded here, or
exempted by an Exemption of pod-security/hostPathVolumes, say:

    params:
      level: restricted
      version: v1.37
      exclude: [hostPorts]

To exclude a control switches off that control and no other. Some controls of
restricted stand for one of baseline and forbid more: restrictedVolumes for
hostPathVolumes, capabilities_restricted for capabilities_baseline,
seccompProfile_restricted and procMount_restricted for those of their names.
What both forbid is let in when both are excluded. An Exemption is narrower:
that of pod-security/hostPathVolumes covers hostPath under restricted, too.
A check that is about a few controls names them instead:

    params:
      level: restricted
      controls: [runAsNonRoot, runAsUser]

The level "namespace" is Kubernetes' own admission over again, for clusters
where that cannot be configured. It obeys the labels
pod-security.kubernetes.io/enforce, warn and audit of the Namespace, each with
its version, and speaks in Kubernetes' words: Pods are refused, the templates of
workloads only warned of and audited. A Namespace with a wrong label is refused,
and one whose enforce label changes is told of the Pods that are there and break
it. Defaults and exemptions are those of a PodSecurityConfiguration:

    params:
      level: namespace
      defaults: {enforce: baseline, warn: restricted, warn-version: latest}
      exemptions: {namespaces: [monitoring], runtimeClasses: [kata]}

A container that passes restricted:

    securityContext:
      runAsNonRoot: true
      allowPrivilegeEscalation: false
      capabilities: {drop: [ALL]}
      seccompProfile: {type: RuntimeDefault}
`,
	Severity: Critical,
	References: slices.Concat(
		params.Refs(params.PSS, "baseline", "restricted"),
		params.Refs(params.PSA, podSecurityControls...),
		params.Refs(params.CIS, "5.2.2", "5.2.3", "5.2.4", "5.2.5", "5.2.6", "5.2.7", "5.2.9", "5.2.11", "5.2.12", "5.2.13"),
		params.Refs(params.NSA, "Kubernetes Pod security"),
		params.Refs(params.Kyverno, "disallow-capabilities", "disallow-capabilities-strict", "disallow-host-namespaces",
			"disallow-host-path", "disallow-host-ports", "disallow-host-process",
			"disallow-privilege-escalation", "disallow-privileged-containers", "disallow-proc-mount",
			"disallow-selinux", "require-run-as-non-root-user", "require-run-as-nonroot",
			"restrict-apparmor-profiles", "restrict-seccomp", "restrict-seccomp-strict", "restrict-sysctls",
			"restrict-volume-types", "podsecurity-subrule-baseline", "restricted-exclude-capabilities",
			"restricted-exclude-seccomp", "restricted-latest", "service-mesh-disallow-capabilities",
			"service-mesh-require-run-as-nonroot"),
		params.Refs(params.Gatekeeper, "K8sPSPAllowPrivilegeEscalationContainer", "K8sPSPPrivilegedContainer", "K8sPSPProcMount",
			"K8sPSPHostProbesLifecycle", "K8sPSPHostProcess"),
		params.Refs(params.Polaris, "dangerousCapabilities", "privilegeEscalationAllowed", "runAsPrivileged", "hostPathSet",
			"hostProcess", "procMount"),
		params.Refs(params.KubeLinter, "privilege-escalation-container", "privileged-container", "unsafe-proc-mount"),
		params.Refs(params.KRail, "pod_no_privileged_container", "pod_no_bind_mounts"),
	),
	Resources: podsTemplatesAndNamespaces,
	Narrow:    podSecurityResources,
	Controls:  podSecurityControls,
	New:       newPodSecurity,
})

type podSecurity struct {
	Level   string   `json:"level" doc:"baseline, restricted, or namespace to obey the Namespace's pod-security.kubernetes.io labels."`
	Version string   `json:"version" doc:"Version of the standards: latest, or that of a Kubernetes such as v1.37. The Namespace's labels have their own."`
	Exclude []string `json:"exclude" doc:"Controls that are left out, by name. What another one forbids as well stays forbidden."`
	Only    []string `json:"controls" doc:"Controls that are evaluated, by name, and no others; not beside exclude. Left out, all."`

	// With the level namespace only, in the form that Kubernetes has for them.
	Defaults   *configuration.PodSecurityDefaults   `json:"defaults" doc:"What holds in a Namespace without labels; with level namespace only. Left out, privileged and latest."`
	Exemptions *configuration.PodSecurityExemptions `json:"exemptions" doc:"Whom and what Kubernetes would not check either; with level namespace only."`
}

const namespaceLevel = "namespace"

// podSecurityControls are the names of all controls.
var podSecurityControls = podsecurity.Controls()

// securedPods are what the standards are about: fields of Pods, and annotations
// that were there before the fields.
var securedPods = readingOfPods(Annotations)

var podsTemplatesAndNamespaces = append(slices.Clip(securedPods), reading(Labels, written(corev1.SchemeGroupVersion, "namespaces"))...)

// podSecurityResources leaves the Namespaces to the level that obeys them.
func podSecurityResources(decode params.Decode) ([]Resource, error) {
	var p podSecurity
	err := decode(&p)
	if p.Level == namespaceLevel {
		return podsTemplatesAndNamespaces, err
	}
	return securedPods, err
}

func newPodSecurity(decode params.Decode) (Validate, error) {
	p := podSecurity{Level: string(psa.LevelBaseline), Version: psa.VersionLatest}
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	levels := []string{string(psa.LevelBaseline), string(psa.LevelRestricted), namespaceLevel}
	if !slices.Contains(levels, p.Level) {
		mistakes = append(mistakes, field.NotSupported(field.NewPath("level"), p.Level, levels))
	}
	version, err := psa.ParseVersion(p.Version)
	if err != nil {
		mistakes = append(mistakes, field.Invalid(field.NewPath("version"), p.Version, err.Error()))
	}
	selection, wrong := p.selection()
	mistakes = append(mistakes, wrong...)
	if p.Level != namespaceLevel {
		if err := append(mistakes, p.onlyWithNamespaceLevel()...).ToAggregate(); err != nil {
			return nil, err
		}
		standard := podsecurity.NewStandard(psa.LevelVersion{Level: psa.Level(p.Level), Version: version}, selection)
		if err := p.missing(standard).ToAggregate(); err != nil {
			return nil, err
		}
		return byPodSecurity(standard.Evaluate), nil
	}
	admission, wrong := podsecurity.NewAdmission(ptr.Deref(p.Defaults, configuration.PodSecurityDefaults{}),
		ptr.Deref(p.Exemptions, configuration.PodSecurityExemptions{}), selection)
	if err := append(mistakes, wrong...).ToAggregate(); err != nil {
		return nil, err
	}
	return byPodSecurity(admission.Evaluate), nil
}

// selection is what exclude and controls select.
func (p *podSecurity) selection() (selection podsecurity.Selection, mistakes field.ErrorList) {
	known := func(names []string, at *field.Path) {
		for i, name := range names {
			if !slices.Contains(podSecurityControls, name) {
				mistakes = append(mistakes, field.NotSupported(at.Index(i), name, podSecurityControls))
			}
		}
	}
	known(p.Exclude, field.NewPath("exclude"))
	known(p.Only, field.NewPath("controls"))
	switch at := field.NewPath("controls"); {
	case p.Only != nil && len(p.Only) == 0: // which looks like all and reads like none
		mistakes = append(mistakes, field.Required(at, "must name a control; leave it out for all"))
	case len(p.Only) > 0 && len(p.Exclude) > 0:
		mistakes = append(mistakes, field.Forbidden(at, "must not be set beside exclude: what controls does not name is left out already"))
	}
	return podsecurity.Selection{Only: p.Only, Exclude: p.Exclude}, mistakes
}

// missing lists the controls that were asked for and that the standard does not have: it would find
// nothing, which looks like nothing to find.
func (p *podSecurity) missing(standard podsecurity.Standard) (mistakes field.ErrorList) {
	restricted := podsecurity.NewStandard(psa.LevelVersion{Level: psa.LevelRestricted, Version: psa.LatestVersion()}, podsecurity.Selection{})
	for i, name := range p.Only {
		if standard.Has(name) {
			continue
		}
		detail := fmt.Sprintf("must be a control that level %s has in version %s", p.Level, p.Version)
		if p.Level == string(psa.LevelBaseline) && restricted.Has(name) {
			detail += "; level: restricted has it"
		}
		mistakes = append(mistakes, field.Invalid(field.NewPath("controls").Index(i), name, detail))
	}
	return mistakes
}

// onlyWithNamespaceLevel lists the parameters that would do nothing with another level.
func (p *podSecurity) onlyWithNamespaceLevel() (mistakes field.ErrorList) {
	detail := fmt.Sprintf("must not be set with level %q: it goes with %q", p.Level, namespaceLevel)
	if p.Defaults != nil {
		mistakes = append(mistakes, field.Forbidden(field.NewPath("defaults"), detail))
	}
	if p.Exemptions != nil {
		mistakes = append(mistakes, field.Forbidden(field.NewPath("exemptions"), detail))
	}
	return mistakes
}

// byPodSecurity makes a check of an evaluation.
func byPodSecurity(evaluate func(*workload.Review) []podsecurity.Violation) Validate {
	return func(r *workload.Review) []Finding {
		violations := evaluate(r)
		findings := slices.Grow([]Finding(nil), len(violations))
		for i := range violations {
			findings = append(findings, violated(&violations[i]))
		}
		return findings
	}
}

// podSecurityActions are the actions by the mode of a violation. One without a mode has the action of
// the Guardrail.
var podSecurityActions = map[podsecurity.Mode]Action{podsecurity.Enforce: Deny, podsecurity.Warn: Warn, podsecurity.Audit: Audit}

// violated is a violation as a finding.
func violated(v *podsecurity.Violation) Finding {
	f := Finding{
		Path: v.Path, Type: v.Type, Value: v.Value, Detail: v.Detail,
		Level: v.Level, Control: v.Control, Overrides: v.Overrides,
		Action: podSecurityActions[v.Mode], Words: Words(v.Words), Container: v.Container, Fix: v.Fix, Safe: v.Safe,
	}
	switch {
	case v.Volume != nil:
		return f.spans(source(v.Volume))
	case v.Extent == nil:
		return f
	case v.Extent.About != nil:
		f = f.about(v.Extent.About).shared()
	}
	return f.spansLater(func() (parts []part) {
		for _, p := range v.Extent.Parts() {
			parts = append(parts, holds(p.Name, p.Items...).in(p.In))
		}
		return parts
	})
}
