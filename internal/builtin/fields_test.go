package builtin

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/schema"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

func documentOf(t *testing.T, text string) (schema.GroupVersionKind, map[string]any) {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	require.NoError(t, err)
	var document map[string]any
	require.NoError(t, kjson.UnmarshalCaseSensitivePreserveInts(raw, &document))
	return schema.FromAPIVersionAndKind(document["apiVersion"].(string), document["kind"].(string)), document
}

func TestFields(t *testing.T) {
	for name, tc := range map[string]struct {
		document string
		want     []string
		cut      bool
	}{
		"fields that are misspelt, each with the nearest of its level": {
			document: `{apiVersion: v1, kind: Pod, spec: {containers: [{name: a, readynessProbe: {}, env: [{nam: A}]}], restartpolicy: Always, quite: another}}`,
			want: []string{
				`spec.containers[0].env[0].nam: Unsupported value: "nam": must be a known field; did you mean "name"?`,
				`spec.containers[0].readynessProbe: Unsupported value: "readynessProbe": must be a known field; did you mean "readinessProbe"?`,
				`spec.quite: Unsupported value: "quite": must be a known field: kubectl refuses it, other clients lose it`,
				`spec.restartpolicy: Unsupported value: "restartpolicy": must be a known field; did you mean "restartPolicy"?`,
			},
		},
		"values of another type, all of them": {
			document: `{apiVersion: apps/v1, kind: Deployment, metadata: {labels: {version: 1.5}}, spec: {replicas: "3", paused: "yes", minReadySeconds: 99999999999,
				template: {spec: {containers: [{name: a, resources: {limits: {memory: 12 monkeys}}, args: [1], ports: {a: b}}]}}}}`,
			want: []string{
				`metadata.labels[version]: Invalid value: 1.5: must be a string: put it in quotes`,
				`spec.minReadySeconds: Invalid value: 99999999999: must be a smaller number`,
				`spec.paused: Invalid value: "yes": must be true or false, without quotes`,
				`spec.replicas: Invalid value: "3": must be an integer`,
				`spec.template.spec.containers[0].args[0]: Invalid value: 1: must be a string: put it in quotes`,
				`spec.template.spec.containers[0].ports: Invalid value: {"a":"b"}: must be a list`,
				`spec.template.spec.containers[0].resources.limits[memory]: Invalid value: "12 monkeys": must be a quantity, such as 500m or 1Gi`,
			},
			cut: true,
		},
		"kinds that no check looks at": {
			document: `{apiVersion: storage.k8s.io/v1, kind: StorageClass, provisioner: a, reclaimpolicy: Retain, parameters: {size: 1}}`,
			want: []string{
				`parameters[size]: Invalid value: 1: must be a string: put it in quotes`,
				`reclaimpolicy: Unsupported value: "reclaimpolicy": must be a known field; did you mean "reclaimPolicy"?`,
			},
			cut: true,
		},
		"versions of former releases": {
			document: `{apiVersion: extensions/v1beta1, kind: Ingress, spec: {backend: {serviceName: a, servicePort: 80, port: 80}}}`,
			want: []string{
				`spec.backend.port: Unsupported value: "port": must be a known field: kubectl refuses it, other clients lose it`,
			},
		},
		"definitions of others, whose schemas are free": {
			document: `{apiVersion: apiextensions.k8s.io/v1, kind: CustomResourceDefinition, spec: {group: a.example, versions: [{name: v1, schema: {openAPIV3Schema: {
				type: object, additionalProperties: false, properties: {a: {default: {b: 1}, maximum: 1.5, items: {type: string}, enum: [1, x]}}}}}]}}`,
		},
		"what is null, an integer or a string, a time, base64": {
			document: `{apiVersion: v1, kind: Secret, metadata: {creationTimestamp: null, deletionTimestamp: "2027-01-15T12:00:00Z"}, data: {a: YQ==, b: "?"}, stringData: {pin: 4711}}`,
			want: []string{ // of a Secret no value is repeated
				`data[b]: Invalid value: must be a string in base64`,
				`stringData[pin]: Invalid value: must be a string: put it in quotes`,
			},
			cut: true,
		},
		"kinds of others": {document: `{apiVersion: example.com/v1, kind: Boat, anything: goes}`},
	} {
		t.Run(name, func(t *testing.T) {
			gvk, document := documentOf(t, tc.document)
			mistakes, cut := NewFields().Check(gvk, document)
			var got []string
			for i := range mistakes {
				got = append(got, mistakes[i].Error())
			}
			assert.Equal(t, tc.want, got)
			assert.Equal(t, tc.cut, cut)
			again, _ := NewFields().Check(gvk, document)
			for i := range again {
				assert.NotContains(t, again[i].Text, "Invalid value", "what is of another type has been taken out")
			}
		})
	}
}
