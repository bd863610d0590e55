package validators

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	configuration "k8s.io/pod-security-admission/admission/api/v1"
	psa "k8s.io/pod-security-admission/api"

	"taffrail.dev/taffrail/internal/params"
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
			"disallow-host-path", "disallow-host-ports", "disallow-host-process", "disallow-privilege-escalation",
			"disallow-privileged-containers", "disallow-proc-mount", "disallow-selinux", "require-run-as-non-root-user",
			"require-run-as-nonroot", "restrict-apparmor-profiles", "restrict-seccomp", "restrict-seccomp-strict",
			"restrict-sysctls", "restrict-volume-types"),
		params.Refs(params.Gatekeeper, "K8sPSPAllowPrivilegeEscalationContainer", "K8sPSPAppArmor",
			"K8sPSPForbiddenSysctls", "K8sPSPHostNamespace", "K8sPSPHostNetworkingPorts", "K8sPSPPrivilegedContainer",
			"K8sPSPProcMount", "K8sPSPSELinuxV2", "K8sPSPSeccomp"),
		params.Refs(params.Polaris, "dangerousCapabilities", "hostIPCSet", "hostNetworkSet", "hostPIDSet", "hostPortSet",
			"insecureCapabilities", "privilegeEscalationAllowed", "runAsPrivileged", "runAsRootAllowed"),
		params.Refs(params.KubeLinter, "host-ipc", "host-network", "host-pid", "privilege-escalation-container",
			"privileged-container", "run-as-non-root", "unsafe-proc-mount", "unsafe-sysctls"),
		params.Refs(params.KRail, "pod_no_host_network", "pod_no_host_pid", "pod_no_new_capabilities",
			"pod_no_privileged_container"),
	),
	Resources: podsTemplatesAndNamespaces,
	Narrow:    podSecurityResources,
	Controls:  podSecurityControls,
	New:       newPodSecurity,
})

type podSecurity struct {
	Level   string   `json:"level" doc:"baseline, restricted, or namespace to obey the Namespace's pod-security.kubernetes.io labels."`
	Version string   `json:"version" doc:"Version of the standards: latest, or that of a Kubernetes such as v1.37. The Namespace's labels have their own."`
	Exclude []string `json:"exclude" doc:"Controls that are left out, by name."`

	// With the level namespace only, in the form that Kubernetes has for them.
	Defaults   *configuration.PodSecurityDefaults   `json:"defaults" doc:"What holds in a Namespace without labels; with level namespace only. Left out, privileged and latest."`
	Exemptions *configuration.PodSecurityExemptions `json:"exemptions" doc:"Whom and what Kubernetes would not check either; with level namespace only."`
}

const namespaceLevel = "namespace"

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
	for i, name := range p.Exclude {
		if !slices.Contains(podSecurityControls, name) {
			mistakes = append(mistakes, field.NotSupported(field.NewPath("exclude").Index(i), name, podSecurityControls))
		}
	}
	obeyed, wrong := p.obeyed()
	if err := append(mistakes, wrong...).ToAggregate(); err != nil {
		return nil, err
	}
	if p.Level == namespaceLevel {
		return obeyed.evaluate, nil
	}
	controls := controlsOf(psa.LevelVersion{Level: psa.Level(p.Level), Version: version})
	return func(r *workload.Review) []Finding {
		if binding, ok := r.Object.(*corev1.Binding); ok {
			return p.evaluateBinding(binding, controls)
		}
		if r.Pod == nil {
			return nil
		}
		return p.evaluate(r.Pod, controls)
	}, nil
}

// evaluateBinding finds fault with the annotations that a Binding gives its Pod, and
// not with the rest of the Pod, which it does not show.
func (p *podSecurity) evaluateBinding(binding *corev1.Binding, controls []control) []Finding {
	if len(binding.Annotations) == 0 {
		return nil
	}
	return slices.DeleteFunc(p.evaluate(boundPod(binding), controls), func(f Finding) bool {
		return !strings.HasPrefix(f.Path.String(), "metadata.annotations")
	})
}

func (p *podSecurity) evaluate(pod *workload.Pod, controls []control) (findings []Finding) {
	pod = asDefaulted(pod)
	for i := range controls {
		if slices.Contains(p.Exclude, controls[i].id) {
			continue
		}
		for _, f := range controls[i].evaluate(pod) {
			if !slices.Contains(p.Exclude, f.Overrides) {
				findings = append(findings, f)
			}
		}
	}
	return findings
}
