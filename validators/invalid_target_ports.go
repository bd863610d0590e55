package validators

import (
	"cmp"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/apimachinery/pkg/util/validation"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "invalid-target-ports",
	Summary: "names and numbers of ports that Kubernetes does not take",
	Doc: `
The name of a container's port, and that of a Service's targetPort, has at most
15 characters, lower-case letters, digits and hyphens alone, and one letter at
least. The API server refuses others; this check says so before a manifest gets
that far. A number in quotes is a name without a letter:

    ports:
    - port: 80
      targetPort: 8080   # not "8080"

Whether a container has a port of that name cannot be seen from the Service.
`,
	Severity:   Medium,
	References: params.Refs(params.KubeLinter, "invalid-target-ports"),
	Resources:  append(slices.Clip(podsAndTemplates), services...),
	New:        withoutParameters(mustNamePortsAsKubernetesDoes),
})

func mustNamePortsAsKubernetesDoes(r *workload.Review) (findings []Finding) {
	if service, ok := r.Object.(*corev1.Service); ok {
		return wrongTargets(service)
	}
	if r.Pod == nil {
		return nil
	}
	for c := range r.Pod.Containers() {
		for i, port := range c.Ports {
			path := func(name string) *workload.Path {
				known := cmp.Or(port.Name, strconv.Itoa(int(port.ContainerPort)))
				return c.Path().Child("ports").Item(i, known).Child(name)
			}
			if wrong := wrongPortName(port.Name); wrong != "" {
				findings = append(findings, invalid(path("name"), port.Name, wrong).of(c))
			}
			if wrong := wrongPortNumber(port.ContainerPort); wrong != "" {
				findings = append(findings, invalid(path("containerPort"), port.ContainerPort, wrong).of(c))
			}
		}
	}
	return findings
}

func wrongTargets(service *corev1.Service) (findings []Finding) {
	for i, port := range service.Spec.Ports {
		target := port.TargetPort
		wrong := wrongPortName(target.StrVal)
		if target.Type == intstr.Int && target.IntVal != 0 { // which is that of the Service
			wrong = wrongPortNumber(target.IntVal)
		}
		if wrong == "" {
			continue
		}
		path := (*workload.Path)(nil).Child("spec", "ports").Item(i, cmp.Or(port.Name, portOf(port))).Child("targetPort")
		f := invalid(path, shownIntOrString(target), wrong)
		if number, err := strconv.Atoi(target.StrVal); err == nil && wrongPortNumber(int32(number)) == "" { //nolint:gosec // what does not fit is wrong
			f.Detail = "must be a number without quotes, or a name with at least one letter"
			f = f.fixedBy(workload.Replace(path, number)).safely() // the API server takes no such name
		}
		findings = append(findings, f)
	}
	return findings
}

// wrongPortName says what the name of a port must be, or nothing where it is well or absent.
func wrongPortName(name string) string {
	if name == "" {
		return ""
	}
	return first(validation.IsValidPortName(name))
}

func wrongPortNumber(number int32) string { return first(validation.IsValidPortNum(int(number))) }

func first(texts []string) string {
	if len(texts) == 0 {
		return ""
	}
	return texts[0]
}
