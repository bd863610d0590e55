package manifest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/workload"
)

const deploymentTemplate = `{{- if .Values.on }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
  labels: {{- include "labels" . | nindent 4 }}
spec:
  template:
    spec:
      hostNetwork: {{ .Values.hostNetwork }}
      containers:
      {{- range .Values.containers }}
      - name: {{ .name }}
        image: "{{ .image }}"
        {{- with .resources }}
        resources: {{- toYaml . | nindent 10 }}
        {{- end }}
      {{- end }}
      volumes:
        - name: host
          hostPath: {path: /}
{{- end }}
`

const renderedDeployment = `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  labels:
    app: web
spec:
  template:
    spec:
      hostNetwork: true
      containers:
      - name: a
        image: "nginx"
        resources:
          limits: {memory: 1Gi}
      - name: b
        image: "redis"
      volumes:
        - name: host
          hostPath: {path: /}
`

// What came from a line of the template is there, what a loop made once more there
// too, and what a helper made where it was called for.
func TestPlacesOfWhatIsRenderedAreThoseOfTheTemplate(t *testing.T) {
	object := rendered(t, Rendered{File: "templates/web.yaml", Text: []byte(renderedDeployment), Template: []byte(deploymentTemplate)})
	assert.True(t, object.Rendered)
	assert.Equal(t, "templates/web.yaml", object.File)
	for pointer, want := range map[string]string{
		"":                                       "2:1",
		"/metadata/name":                         "5:3",
		"/metadata/labels/app":                   "6:3",
		"/spec/template/spec/hostNetwork":        "10:7",
		"/spec/template/spec/containers/0":       "13:9",
		"/spec/template/spec/containers/0/image": "14:9",
		"/spec/template/spec/containers/0/resources/limits/memory": "16:9",
		"/spec/template/spec/containers/1/image":                   "14:9",
		"/spec/template/spec/volumes/0/hostPath":                   "21:11",
	} {
		line, column := object.PositionAt(pointer)
		assert.Equal(t, want, fmt.Sprintf("%d:%d", line, column), pointer)
	}
}

func TestWhatNoTemplateIsKnownOfIsAtTheBeginningOfItsFile(t *testing.T) {
	object := rendered(t, Rendered{File: "chart.tgz", Text: []byte(renderedDeployment)})
	line, column := object.PositionAt("/spec/template/spec/hostNetwork")
	assert.Equal(t, "1:1", fmt.Sprintf("%d:%d", line, column))
}

func TestPlacesOfWhatIsBuiltAreThoseOfItsObject(t *testing.T) {
	base := Read(strings.NewReader("a: b\n---\napiVersion: v1\nkind: Pod\nspec:\n  hostNetwork: true # taffrail:ignore host-network: why\n"), "-").Objects[0]
	object := rendered(t, Rendered{File: "base.yaml", Text: []byte(`{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"hostNetwork":true}}`), From: base})
	line, column := object.PositionAt("/spec/hostNetwork")
	assert.Equal(t, "6:3", fmt.Sprintf("%d:%d", line, column))
	assert.Equal(t, "x", object.Name)
	assert.Nil(t, object.Fit([]workload.Operation{workload.Remove((*workload.Path)(nil).Child("spec", "hostNetwork"))}), "its file is not what was built")
	assert.Len(t, *object.Ignores(), 1)
}

func rendered(t *testing.T, r Rendered) *Object {
	t.Helper()
	sources := Open(nil)
	sources.Add(r)
	input := sources.Read(0)
	require.Empty(t, input.Errors)
	require.Len(t, input.Objects, 1)
	return input.Objects[0]
}

func TestMistakesInWhatIsRenderedNameTheFileAlone(t *testing.T) {
	sources := Open(nil)
	sources.Add(Rendered{File: "templates/web.yaml", Text: []byte("a: b: c\n"), Template: []byte("a: {{ x }}")})
	input := sources.Read(0)
	require.Len(t, input.Errors, 1)
	assert.Equal(t, "templates/web.yaml: is no YAML: mapping values are not allowed in this context", input.Errors[0].Error())
}
