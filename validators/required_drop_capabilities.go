package validators

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "required-drop-capabilities",
	Summary: "containers that do not drop the capability NET_RAW, or others",
	Doc: `
Container runtimes give every container a dozen capabilities that hardly any
needs. With NET_RAW it can forge packets: answer ARP and DNS in the place of
others, and take over their connections (CVE-2020-14386 was one more way to use
it).

    securityContext:
      capabilities: {drop: [ALL]}

To drop ALL is to drop each, and what is dropped must not be added again. Names
count in upper case and without CAP_, as that is what every runtime
understands. Ephemeral containers are checked too; Windows has no capabilities.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.CIS, "5.2.8"),
		params.Refs(params.CVE, "CVE-2020-14386"),
		params.Refs(params.Kyverno, "require-drop-cap-net-raw", "require-drop-all"),
		params.Refs(params.Gatekeeper, "K8sPSPCapabilities"),
		params.Refs(params.Polaris, "insecureCapabilities"),
		params.Refs(params.KubeLinter, "drop-net-raw-capability"),
	),
	Resources: podsAndTemplates,
	New:       newRequiredDropCapabilities,
})

type requiredDropCapabilities struct {
	Capabilities []corev1.Capability `json:"capabilities" doc:"Capabilities that must be dropped: names such as NET_RAW, or ALL."`
}

func newRequiredDropCapabilities(decode params.Decode) (Validate, error) {
	p := requiredDropCapabilities{Capabilities: []corev1.Capability{"NET_RAW"}}
	if err := decode(&p); err != nil {
		return nil, err
	}
	at := field.NewPath("capabilities")
	mistakes := checkCapabilities(p.Capabilities, at)
	if len(p.Capabilities) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name a capability"))
	}
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		if pod.IsWindows() {
			return nil
		}
		for c := range pod.AllContainers() {
			capabilities := capabilitiesOf(c)
			for _, name := range p.Capabilities {
				if !slices.Contains(capabilities.Drop, name) && !slices.Contains(capabilities.Drop, allCapabilities) {
					findings = append(findings, mustDrop(c, name))
				}
				for i, added := range capabilities.Add {
					if sameCapability(added, name) || sameCapability(added, allCapabilities) {
						item := c.Path().Child("securityContext", "capabilities", "add").Item(i, string(added))
						findings = append(findings, invalid(item, string(added), fmt.Sprintf("must not be added: %s must be dropped", name)).
							of(c).about(kept(c)).shared().
							spans(holds("capabilities", string(name), fmt.Sprintf("%s by %s", name, added))).fixedBy(workload.Remove(item)))
					}
				}
			}
		}
		return findings
	}), mistakes.ToAggregate()
}

// kept is the place of the capabilities that a container has in the end. One that is
// added is more than one that is not dropped.
func kept(c workload.Container) *workload.Path {
	return c.Path().Child("securityContext", "capabilities")
}

func mustDrop(c workload.Container, name corev1.Capability) Finding {
	path, there := c.Path().Child("securityContext"), c.SecurityContext != nil
	drop := path.Child("capabilities", "drop")
	detail := "must include ALL"
	if name != allCapabilities {
		detail = fmt.Sprintf("must include %s or ALL", name)
	}
	fix := workload.AddMember(path, there, "capabilities", map[string]any{"drop": []corev1.Capability{name}})
	if there && c.SecurityContext.Capabilities != nil {
		fix = addTo(drop, len(c.SecurityContext.Capabilities.Drop), name)
	}
	return required(drop, detail).of(c).about(kept(c)).shared().spans(holds("capabilities", string(name))).fixedBy(fix)
}
