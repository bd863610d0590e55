package manifest

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestWhatIsNoManifestIsPassedOverInDirectoriesAndAnErrorByName(t *testing.T) {
	const pod = "{apiVersion: v1, kind: Pod}\n"
	write(t, map[string]string{
		"charts/web/Chart.yaml":                 "apiVersion: v2\nname: web\n",
		"charts/web/values.yaml":                "kind: Deployment\n",
		"charts/web/values-production.yaml":     "a: 1\n",
		"charts/web/ci/test.yaml":               "a: 1\n",
		"charts/web/crds/crd.yaml":              pod,
		"charts/web/templates/pod.yaml":         "apiVersion: v1\nkind: Pod\nmetadata: {name: '{{ .Release.Name }}'}\n",
		"charts/web/templates/if.yaml":          "{{ if .Values.on }}\n---\nkind: Pod\n{{ end }}\n",
		"charts/web/templates/static.yaml":      pod,
		"charts/web/charts/sub/Chart.yaml":      "apiVersion: v2\nname: sub\n",
		"charts/web/charts/sub/templates/a.yml": "a: {{ .b }}\n",
		"rules.yaml":                            "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, annotations: {a: '{{ $labels.x }}'}}\n",
		"template.yaml":                         "a: {{ b }}\n",
		"deploy/kustomization.yaml":             "resources: [a.yaml]\n",
		"package.json":                          "{}",
		"docker-compose.yml":                    "services: {}\n",
	})
	found := Read(nil, ".")
	assert.Empty(t, found.Errors)
	objects, skipped := []string{}, []string{}
	for _, object := range found.Objects {
		objects = append(objects, object.File)
	}
	for _, s := range found.Skipped {
		skipped = append(skipped, fmt.Sprintf("%s %s %q", s.Place, s.Stranger, s.Chart))
	}
	assert.Equal(t, []string{"charts/web/crds/crd.yaml", "charts/web/templates/static.yaml", "rules.yaml"}, objects)
	assert.Equal(t, []string{
		`charts/web/Chart.yaml file of a Helm chart "charts/web"`,
		`charts/web/charts/sub/Chart.yaml file of a Helm chart "charts/web/charts/sub"`,
		`charts/web/charts/sub/templates/a.yml Helm template "charts/web/charts/sub"`,
		`charts/web/ci/test.yaml:1 other file "charts/web"`,
		`charts/web/templates/if.yaml Helm template "charts/web"`,
		`charts/web/templates/pod.yaml Helm template "charts/web"`,
		`charts/web/values-production.yaml file of a Helm chart "charts/web"`,
		`charts/web/values.yaml file of a Helm chart "charts/web"`,
		`deploy/kustomization.yaml:1 kustomization ""`,
		`docker-compose.yml:1 other file ""`,
		`package.json:1 other file ""`,
		`template.yaml:1 Helm template ""`,
	}, skipped)

	t.Chdir("charts/web/templates")
	assert.Len(t, Read(nil, ".").Skipped, 2, "the chart is above the directory")
	t.Chdir("../../..")

	for file, want := range map[string]string{
		"charts/web/Chart.yaml":         "charts/web/Chart.yaml:1: is no Kubernetes object but a file of a Helm chart: `taffrail check --helm charts/web` renders the chart",
		"charts/web/values.yaml":        "charts/web/values.yaml:1: is no Kubernetes object but a file of a Helm chart: `taffrail check --helm charts/web` renders the chart",
		"charts/web/ci/test.yaml":       "charts/web/ci/test.yaml:1: is no Kubernetes object: must have apiVersion and kind",
		"charts/web/templates/if.yaml":  "charts/web/templates/if.yaml:1: is a template: `taffrail check --helm charts/web` renders the chart",
		"charts/web/templates/pod.yaml": "charts/web/templates/pod.yaml:1: is a template: `taffrail check --helm charts/web` renders the chart",
		"template.yaml":                 "template.yaml:1: is no YAML but a template: render it first, as `taffrail check --helm CHART` does",
		"deploy/kustomization.yaml":     "deploy/kustomization.yaml:1: is no Kubernetes object but a kustomization: `taffrail check -k deploy` builds it",
		"docker-compose.yml":            "docker-compose.yml:1: is no Kubernetes object: must have apiVersion and kind",
	} {
		named := Read(nil, file)
		assert.Empty(t, named.Skipped, file)
		if assert.Len(t, named.Errors, 1, file) {
			assert.Equal(t, want, named.Errors[0].Error())
		}
	}
}
