//go:build deploy

package install

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/files"
)

// Objects are those of the overlays and components, so this is what makes the
// three ways of installing one. Nothing is left out of the comparison: the chart
// has no labels of its own, and its hooks are not among what is rendered.
func TestValuesOfTheChartAreTheChoicesOfTheirNames(t *testing.T) {
	for name, test := range map[string]struct {
		values  []string
		choices Choices
	}{
		"nothing":                       {nil, Choices{}},
		"cert-manager":                  {[]string{"tls.mode=cert-manager"}, Choices{TLS: CertManager}},
		"files":                         {[]string{"tls.mode=files"}, Choices{TLS: Files}},
		"high availability":             {[]string{"highAvailability=true"}, Choices{HighAvailability: true}},
		"monitoring":                    {[]string{"monitoring.enabled=true"}, Choices{Monitoring: true}},
		"static":                        {[]string{"static=true"}, Choices{Static: true}},
		"static, cert-manager":          {[]string{"static=true", "tls.mode=cert-manager"}, Choices{Static: true, TLS: CertManager}},
		"static, files":                 {[]string{"static=true", "tls.mode=files"}, Choices{Static: true, TLS: Files}},
		"autoscaling":                   {[]string{"autoscaling.enabled=true"}, Choices{Autoscaling: true}},
		"autoscaling from three on":     {[]string{"autoscaling.enabled=true", "highAvailability=true"}, Choices{Autoscaling: true, HighAvailability: true}},
		"a group that breaks the glass": {[]string{"breakGlassGroup=oidc:on-call"}, Choices{BreakGlassGroup: "oidc:on-call"}},
		"a certificate of the API server": {
			[]string{"clientCA=true", "clientName=kube-apiserver"},
			Choices{ClientCA: true, ClientName: "kube-apiserver"},
		},
		"addresses of the API server": {
			[]string{"networkPolicy.apiServerAddresses={192.0.2.10/32,2001:db8::/64}"},
			Choices{APIServerAddresses: []string{"192.0.2.10/32", "2001:db8::/64"}},
		},
		"traces": {
			[]string{"tracingEndpoint=http://collector.observability.svc:4318"},
			Choices{TracingEndpoint: "http://collector.observability.svc:4318"},
		},
		"traces without a scheme":        {[]string{"tracingEndpoint=192.0.2.1:14318"}, Choices{TracingEndpoint: "192.0.2.1:14318"}},
		"traces by HTTPS, with a path":   {[]string{"tracingEndpoint=https://traces.example.com/otlp"}, Choices{TracingEndpoint: "https://traces.example.com/otlp"}},
		"traces to an address in IPv6":   {[]string{"tracingEndpoint=http://[2001:db8::1]:4318"}, Choices{TracingEndpoint: "http://[2001:db8::1]:4318"}},
		"traces to IPv6, without a port": {[]string{"tracingEndpoint=http://[2001:db8::1]"}, Choices{TracingEndpoint: "http://[2001:db8::1]"}},
		"namespaces left alone": {
			[]string{"static=true", "excludeNamespaces={calico-system,kube-system,rook-ceph}"},
			Choices{Static: true, ExcludeNamespaces: []string{"calico-system", "kube-system", "rook-ceph"}},
		},
		"an image by its digest": {
			[]string{"image.repository=registry.example.com/taffrail", "image.digest=" + digest},
			Choices{Image: "registry.example.com/taffrail@" + digest},
		},
		"kits":             {[]string{"kits.enabled=true"}, Choices{Kits: readyMadeKits(t)}},
		"the audit":        {[]string{"audit.enabled=true"}, Choices{Audit: true}},
		"the audit, twice": {[]string{"audit.enabled=true", "highAvailability=true"}, Choices{Audit: true, HighAvailability: true}},
		"the audit, and namespaces it leaves": {
			[]string{"audit.enabled=true", "excludeNamespaces={calico-system}"},
			Choices{Audit: true, ExcludeNamespaces: []string{"calico-system"}},
		},
		"all of them": {
			[]string{"tls.mode=cert-manager", "clientCA=true", "highAvailability=true", "autoscaling.enabled=true", "monitoring.enabled=true", "static=true", "audit.enabled=true"},
			Choices{TLS: CertManager, ClientCA: true, HighAvailability: true, Autoscaling: true, Monitoring: true, Static: true, Audit: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if test.choices.Image == "" {
				test.choices.Image = image
			}
			objects, err := Objects(test.choices)
			require.NoError(t, err)
			equal(t, objects, rendered(t, "--set", strings.Join(test.values, ",")))
		})
	}
}

const digest = "sha256:9b2b3f1c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8"

// There is no choice for this: the chart has what the component makes.
func TestTheServiceMonitorOfTheChart(t *testing.T) {
	equal(t, kustomized(t, folderOf(t, "monitoring", "monitoring/service-monitor")),
		rendered(t, "--set", "monitoring.enabled=true,monitoring.serviceMonitor=true"))
}

// The chart takes the text of a file, install the objects in it.
func TestGuardrailsOfTheChart(t *testing.T) {
	const file = "../../deploy/guardrails/restricted.yaml"
	guardrails, err := files.Load(file)
	require.NoError(t, err)
	objects, err := Objects(Choices{Image: image, Guardrails: guardrails})
	require.NoError(t, err)
	chart := rendered(t, "--set-file", `guardrails.restricted\.yaml=`+file)
	for _, o := range append(objects, chart...) {
		if data, _, _ := unstructured.NestedStringMap(o.Object, "data"); data["restricted.yaml"] != "" {
			var decoded any
			require.NoError(t, yaml.Unmarshal([]byte(data["restricted.yaml"]), &decoded))
			o.Object["data"] = decoded
		}
	}
	equal(t, objects, chart)
}

// rendered are the objects of the chart, with the Namespace, which is not Helm's to make otherwise.
func rendered(t *testing.T, flags ...string) []*unstructured.Unstructured {
	t.Helper()
	var stderr bytes.Buffer
	helm := exec.Command("go", append([]string{
		"tool", "-modfile=../../hack/tools/helm/go.mod", "helm", "template", "taffrail",
		"../../deploy/charts/taffrail", "--namespace", "taffrail-system", "--set", "namespace.create=true",
	}, flags...)...)
	helm.Stderr = &stderr
	output, err := helm.Output()
	require.NoError(t, err, stderr.String())
	objects, err := decode(output)
	require.NoError(t, err)
	return objects
}
