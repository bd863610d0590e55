package install

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/names"
)

// image is the one that the base names.
const image = "taffrail:v0.1.0"

func TestChoicesThatCannotBe(t *testing.T) {
	for name, test := range map[string]struct {
		choices Choices
		want    string
	}{
		"a way that certificates do not come": {
			Choices{Image: image, TLS: "self-signed"},
			`--tls "self-signed": must be managed, cert-manager or files`,
		},
		"an image that is none": {
			Choices{Image: "Taffrail:v0.1.0:v2"},
			`--image "Taffrail:v0.1.0:v2": must be the name of an image`,
		},
		"a namespace that is none": {
			Choices{Image: image, ExcludeNamespaces: []string{"calico-*"}},
			`--exclude-namespaces "calico-*": must be the name of a namespace`,
		},
		"a name of nobody": {
			Choices{Image: image, ClientName: "kube-apiserver"},
			"--client-name goes with --client-ca",
		},
		"an address without its range": {
			Choices{Image: image, APIServerAddresses: []string{"192.0.2.10"}},
			`--api-server-addresses "192.0.2.10": must be a range of addresses`,
		},
		"an address that is in a range, and not its first": {
			Choices{Image: image, APIServerAddresses: []string{"192.0.2.10/24"}},
			`--api-server-addresses "192.0.2.10/24": must be a range of addresses`,
		},
		"all addresses": {
			Choices{Image: image, APIServerAddresses: []string{"0.0.0.0/0"}},
			"that are not all there are",
		},
		"a collector that is none": {
			Choices{Image: image, TracingEndpoint: "collector:4317"},
			`--tracing-endpoint "collector:4317": port 4317 is for OTLP over gRPC`,
		},
		"a guardrail with a mistake": {
			Choices{Image: image, Guardrails: guardrails("image-latest-tags")},
			`did you mean "image-latest-tag"?`,
		},
		"an exemption": {
			Choices{Image: image, Guardrails: guardrail.Objects{
				Guardrails: guardrails("image-latest-tag").Guardrails, Exemptions: make([]v1alpha1.Exemption, 1),
			}},
			"must be applied by itself",
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Objects(test.choices)
			assert.ErrorContains(t, err, test.want)
		})
	}
}

// kubectl applies one object after the other.
func TestNamespaceAndDefinitionsComeFirst(t *testing.T) {
	for _, choices := range []Choices{{}, {TLS: CertManager, Static: true, Autoscaling: true, Monitoring: true}} {
		choices.Image = image
		objects, err := Objects(choices)
		require.NoError(t, err)
		var kinds []string
		for _, object := range objects[:3] {
			kinds = append(kinds, object.GetKind())
		}
		assert.Equal(t, []string{"Namespace", "CustomResourceDefinition", "CustomResourceDefinition"}, kinds)
	}
}

// An object that is applied says what Taffrail asks for, and nothing that an API
// server would write.
func TestObjectsAreClean(t *testing.T) {
	objects, err := Objects(Choices{
		Image: image, TLS: CertManager, Static: true, HighAvailability: true, Autoscaling: true, Monitoring: true, Audit: true,
		Guardrails: guardrails("image-latest-tag"),
	})
	require.NoError(t, err)
	for _, object := range objects {
		name := object.GetKind() + " " + object.GetName()
		assert.NotContains(t, object.Object, "status", name)
		assert.NotContains(t, object.Object["metadata"], "creationTimestamp", name)
		assert.Empty(t, nulls(object.Object), name)
		if !isDefinition(object) { // which controller-gen writes
			assert.Contains(t, []string{"taffrail", "taffrail-audit"}, object.GetLabels()["app.kubernetes.io/name"], name)
		}
	}
}

// nulls are the fields below a value that are null.
func nulls(value any) (fields []string) {
	switch value := value.(type) {
	case map[string]any:
		for field, v := range value {
			if v == nil {
				fields = append(fields, field)
			}
			fields = append(fields, nulls(v)...)
		}
	case []any:
		for _, v := range value {
			fields = append(fields, nulls(v)...)
		}
	}
	return fields
}

func TestTheImageIsTheChosenOne(t *testing.T) {
	const chosen = "registry.example.com/taffrail@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	assert.Equal(t, chosen, container(get[appsv1.Deployment](t, Choices{Image: chosen}, "Deployment")).Image)
}

// Were its own namespace not left out, Taffrail could not start while it is down.
func TestExcludedNamespacesAreThoseThatAlwaysAreAndTheChosen(t *testing.T) {
	choices := Choices{Image: image, Static: true, ExcludeNamespaces: []string{"calico-system", "kube-system"}}
	want := []string{"kube-system", "kube-public", "kube-node-lease", "taffrail-system", "calico-system"}
	assert.Contains(t, container(get[appsv1.Deployment](t, choices, "Deployment")).Args, "--exclude-namespaces=calico-system,kube-system",
		"the program adds them to those that always are")
	mutating := get[admissionregistrationv1.MutatingWebhookConfiguration](t, choices, mutatingKind)
	assert.ElementsMatch(t, want, mutating.Webhooks[0].NamespaceSelector.MatchExpressions[0].Values)
	validating := get[admissionregistrationv1.ValidatingWebhookConfiguration](t, choices, validatingKind)
	assert.ElementsMatch(t, want, validating.Webhooks[0].NamespaceSelector.MatchExpressions[0].Values)
}

// What is told of the webhooks by their labels must not be told of the audit: the API server would
// send it reviews.
func TestNothingOfTheWebhooksSelectsTheAudit(t *testing.T) {
	choices := Choices{Image: image, Audit: true, HighAvailability: true, Autoscaling: true}
	objects, err := Objects(choices)
	require.NoError(t, err)
	var audit appsv1.Deployment
	selected := map[string][]string{}
	for _, object := range objects {
		if object.GetKind() == "Deployment" && object.GetName() == names.Audit {
			require.NoError(t, runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &audit))
		}
	}
	require.NotEmpty(t, audit.Spec.Template.Labels)
	for _, object := range objects {
		for _, path := range [][]string{{"spec", "selector"}, {"spec", "selector", "matchLabels"}, {"spec", "podSelector", "matchLabels"}} {
			selector, found, err := unstructured.NestedStringMap(object.Object, path...)
			if err == nil && found && labels.SelectorFromSet(selector).Matches(labels.Set(audit.Spec.Template.Labels)) {
				selected[object.GetName()] = append(selected[object.GetName()], object.GetKind())
			}
		}
	}
	require.Len(t, selected, 1, "%v", selected)
	assert.ElementsMatch(t, []string{"Deployment", "Service", "NetworkPolicy", "PodDisruptionBudget"}, selected[names.Audit])
	assert.Equal(t, image, container(&audit).Image)
	assert.EqualValues(t, 2, *audit.Spec.Replicas)
}

func TestBreakGlassGroup(t *testing.T) {
	choices := Choices{Image: image, BreakGlassGroup: "oncall"}
	assert.Contains(t, container(get[appsv1.Deployment](t, choices, "Deployment")).Args, "--break-glass-group=oncall")
}

// A ConfigMap that is not there keeps the Pods from starting, and lets nobody in.
func TestReviewsAreTakenOfTheAPIServerAlone(t *testing.T) {
	choices := Choices{Image: image, ClientCA: true, ClientName: "kube-apiserver"}
	d := get[appsv1.Deployment](t, choices, "Deployment")
	assert.Subset(t, container(d).Args, []string{"--client-ca=/etc/taffrail/client-ca/ca.crt", "--client-name=kube-apiserver"})
	volumes := d.Spec.Template.Spec.Volumes
	volume := volumes[len(volumes)-1]
	assert.Equal(t, "taffrail-client-ca", volume.ConfigMap.Name)
	assert.Nil(t, volume.ConfigMap.Optional)
}

func TestReviewsComeFromTheseAddressesAndProbesFromAnywhere(t *testing.T) {
	p := get[networkingv1.NetworkPolicy](t, Choices{Image: image, APIServerAddresses: []string{"192.0.2.10/32", "2001:db8::/64"}}, "NetworkPolicy")
	var rules []string
	for _, rule := range p.Spec.Ingress {
		for _, port := range rule.Ports {
			text := port.Port.String() + ":"
			for _, from := range rule.From {
				if from.IPBlock != nil {
					text += " " + from.IPBlock.CIDR
					continue
				}
				text += " Pods"
			}
			rules = append(rules, text)
		}
	}
	assert.Equal(t, []string{"webhook: 192.0.2.10/32 2001:db8::/64", "health:", "metrics: Pods"}, rules)
}

// What opens the one outbound connection of the server lets it out, and nothing else does.
func TestTheNetworkPolicyLetsTracesOut(t *testing.T) {
	for endpoint, want := range map[string][]string{
		"":                       {"TCP 443", "TCP 6443"},
		"collector:4318":         {"TCP 443", "TCP 6443", "TCP 4318", "UDP 53", "TCP 53"},
		"http://192.0.2.1/otlp":  {"TCP 443", "TCP 6443", "TCP 80", "UDP 53", "TCP 53"},
		"https://traces.example": {"TCP 443", "TCP 6443", "TCP 443", "UDP 53", "TCP 53"},
	} {
		choices := Choices{Image: image, TracingEndpoint: endpoint}
		var ports []string
		for _, rule := range get[networkingv1.NetworkPolicy](t, choices, "NetworkPolicy").Spec.Egress {
			for _, port := range rule.Ports {
				ports = append(ports, string(*port.Protocol)+" "+port.Port.String())
			}
		}
		assert.Equal(t, want, ports, endpoint)
		args := strings.Join(container(get[appsv1.Deployment](t, choices, "Deployment")).Args, " ")
		assert.Equal(t, endpoint != "", strings.Contains(args, " --tracing-endpoint="+endpoint), args)
	}
}

func TestGuardrailsReplaceTheDefault(t *testing.T) {
	choices := Choices{Image: image, Static: true, Guardrails: guardrails("service-external-ips")}

	files := get[corev1.ConfigMap](t, choices, "ConfigMap").Data
	assert.Equal(t, map[string]string{"service-external-ips.yaml": `apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata:
  name: service-external-ips
spec:
  validators:
  - name: service-external-ips
`}, files)

	webhooks := get[admissionregistrationv1.ValidatingWebhookConfiguration](t, choices, validatingKind).Webhooks
	require.Equal(t, "validate.taffrail.dev", webhooks[0].Name)
	require.Len(t, webhooks[0].Rules, 1, "the configurations send what they look at")
	assert.Equal(t, []string{"services", "services/status"}, webhooks[0].Rules[0].Resources)
}

// guardrails are one with a check, called like it.
func guardrails(check string) guardrail.Objects {
	g := v1alpha1.Guardrail{Spec: v1alpha1.GuardrailSpec{Validators: []v1alpha1.Validator{{Name: check}}}}
	g.APIVersion, g.Kind, g.Name = v1alpha1.GroupVersion.String(), "Guardrail", check
	return guardrail.Objects{Guardrails: []v1alpha1.Guardrail{g}}
}

// get is the object of a kind among those of choices, which must decode strictly.
func get[T any](t *testing.T, choices Choices, kind string) *T {
	t.Helper()
	objects, err := Objects(choices)
	require.NoError(t, err)
	for _, object := range objects {
		if object.GetKind() == kind {
			content, err := yaml.Marshal(object.Object)
			require.NoError(t, err)
			typed := new(T)
			require.NoError(t, yaml.UnmarshalStrict(content, typed))
			return typed
		}
	}
	require.FailNow(t, "there is no "+kind)
	return nil
}
