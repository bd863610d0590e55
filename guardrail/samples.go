package guardrail

import (
	"encoding/json"
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/internal/workload"
)

// sampleName is that of every sample, and of its container.
const sampleName = "sample"

// samplesOf are an object of a kind with what most have, and one with labels, annotations and what
// mutations are often about.
func samplesOf(kind schema.GroupVersionKind) (all []map[string]any) {
	_, namespaced := workload.ResourceFor(kind)
	for _, full := range []bool{false, true} {
		metadata := map[string]any{"name": sampleName}
		if namespaced {
			metadata["namespace"] = metav1.NamespaceDefault
		}
		if full {
			metadata["labels"] = map[string]any{"app": sampleName}
			metadata["annotations"] = map[string]any{"example.com/of": sampleName}
		}
		object := map[string]any{"apiVersion": kind.GroupVersion().String(), "kind": kind.Kind, "metadata": metadata}
		maps.Copy(object, contentOf(kind.Kind, full))
		all = append(all, object)
	}
	return all
}

func contentOf(kind string, full bool) (content map[string]any) {
	podSpec := samplePodSpec(full)
	template := `{"metadata":{"labels":{"app":"sample"}},"spec":` + podSpec + `}`
	text := `{}`
	switch kind {
	case "Pod":
		text = `{"spec":` + podSpec + `}`
	case "PodTemplate":
		text = `{"template":` + template + `}`
	case "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet":
		text = `{"spec":{"selector":{"matchLabels":{"app":"sample"}},"template":` + template + `}}`
	case "ReplicationController":
		text = `{"spec":{"selector":{"app":"sample"},"template":` + template + `}}`
	case "Job":
		text = `{"spec":{"template":` + template + `}}`
	case "CronJob":
		text = `{"spec":{"schedule":"0 * * * *","jobTemplate":{"spec":{"template":` + template + `}}}}`
	case "Service":
		text = `{"spec":{"selector":{"app":"sample"},"ports":[{"name":"http","port":80}]}}`
	case "Ingress":
		text = `{"spec":{"rules":[{"host":"example.com","http":{"paths":[{"path":"/","pathType":"Prefix","backend":{"service":{"name":"sample","port":{"number":80}}}}]}}]}}`
	case "ConfigMap":
		text = `{"data":{"key":"value"}}`
	case "PersistentVolumeClaim":
		text = `{"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"1Gi"}}}}`
	}
	if json.Unmarshal([]byte(text), &content) != nil {
		return nil
	}
	return content
}

func samplePodSpec(full bool) string {
	if !full {
		return `{"containers":[{"name":"sample","image":"example.com/sample:1"}]}`
	}
	return `{"serviceAccountName":"sample","nodeSelector":{"kubernetes.io/os":"linux"},
		"tolerations":[{"key":"sample","operator":"Exists"}],"securityContext":{"runAsNonRoot":true},
		"volumes":[{"name":"sample","emptyDir":{}}],
		"initContainers":[{"name":"init","image":"example.com/sample:1"}],
		"containers":[{"name":"sample","image":"example.com/sample:1","env":[{"name":"A","value":"b"}],
		"ports":[{"containerPort":80}],"resources":{"requests":{"cpu":"100m"}},"securityContext":{"runAsNonRoot":true},
		"volumeMounts":[{"name":"sample","mountPath":"/sample"}]}]}`
}
