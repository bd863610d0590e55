//go:build e2e && !kind

package e2e

import (
	"context"
	"encoding/json"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
)

// stranger does what the admissions enforcer of AKS does to webhook configurations that do not ask
// it to leave them alone: whenever the first webhook lacks its expression, it adds it.
type stranger struct{ writes atomic.Int32 }

func (s *stranger) start(t *testing.T) {
	t.Helper()
	client, err := dynamic.NewForConfig(cluster(t).config)
	require.NoError(t, err)
	configurations := client.Resource(schema.GroupVersionResource{Group: "admissionregistration.k8s.io", Version: "v1", Resource: "validatingwebhookconfigurations"})
	ctx, stop := context.WithCancel(background)
	watch, err := configurations.Watch(ctx, metav1.ListOptions{FieldSelector: "metadata.name=taffrail"})
	require.NoError(t, err)
	ended := make(chan struct{})
	t.Cleanup(func() { stop(); <-ended })
	go func() {
		defer close(ended)
		defer watch.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case event, open := <-watch.ResultChan():
				object, is := event.Object.(*unstructured.Unstructured)
				if !open || !is {
					return
				}
				if patch := enforced(object); patch != nil {
					if _, err := configurations.Patch(ctx, "taffrail", types.JSONPatchType, patch, metav1.PatchOptions{FieldManager: "admissionsenforcer"}); err == nil {
						s.writes.Add(1)
					}
				}
			}
		}
	}()
}

// enforced adds the expression where it is not there.
func enforced(object *unstructured.Unstructured) []byte {
	webhooks, _, _ := unstructured.NestedSlice(object.Object, "webhooks")
	if len(webhooks) == 0 {
		return nil
	}
	selector, _, _ := unstructured.NestedMap(webhooks[0].(map[string]any), "namespaceSelector")
	expressions, _ := selector["matchExpressions"].([]any)
	for _, e := range expressions {
		if e.(map[string]any)["key"] == "control-plane" {
			return nil
		}
	}
	added := append(expressions, map[string]any{"key": "control-plane", "operator": "NotIn", "values": []any{"true"}})
	patch, _ := json.Marshal([]any{map[string]any{"op": "replace", "path": "/webhooks/0/namespaceSelector/matchExpressions", "value": added}})
	return patch
}

// Two who write the same object would do so for ever, three times a second.
func TestAnotherWriterOfTheWebhookConfigurations(t *testing.T) {
	parallel(t)
	server := serveCluster(t, 1)[0]
	apply(t, noLatest)
	firstWebhook := func(path string) string {
		return cluster(t).kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail", "-o", "jsonpath={.webhooks[0]"+path+"}").stdout
	}
	require.Eventually(t, func() bool { return strings.Contains(firstWebhook(".rules"), "deployments") }, soon, interval)
	assert.Equal(t, "true", cluster(t).kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail", "-o", `jsonpath={.metadata.labels.admissions\.enforcer/disabled}`).stdout)

	// What leaves out no namespace that is evaluated stays, and nobody writes any more.
	enforcer := &stranger{}
	enforcer.start(t)
	require.Eventually(t, func() bool { return strings.Contains(firstWebhook(".namespaceSelector"), "control-plane") }, soon, interval)
	require.Never(t, func() bool { return enforcer.writes.Load() > 1 }, soon/5, interval)
	overruled := func() string {
		return server.metric(t, `taffrail_webhook_configurations_overruled_total{manager="admissionsenforcer"}`)
	}
	assert.Empty(t, overruled())

	// It would leave out a Namespace that somebody has labelled.
	namespace := cluster(t).namespace(t, "control-plane=true")
	began := time.Now()
	require.Eventually(t, func() bool { return overruled() == "3" }, 2*time.Minute, interval)
	assert.Greater(t, time.Since(began), 3*time.Second, "at once, after one second, after two")
	assert.LessOrEqual(t, enforcer.writes.Load(), int32(6))
	events := func() string {
		return cluster(t).kubectl(t, "", "get", "events", "-n", "default", "--field-selector", "reason=Overruled", "-o", "jsonpath={.items[*].message}").stdout
	}
	require.Eventually(t, func() bool { return strings.Contains(events(), "admissionsenforcer") }, soon, interval)
	assert.Equal(t, 1, strings.Count(events(), "admissionsenforcer"))
	assert.Equal(t, 1, strings.Count(server.log(), "another writer changes a webhook configuration"))
	doctor := program(t, "doctor", "--kubeconfig", cluster(t).kubeconfig)
	assert.Contains(t, strings.Join(strings.Fields(doctor.stdout), " "), `nothing is evaluated in `+namespace)
	assert.Contains(t, doctor.stdout, `"admissionsenforcer" writes it too`)

	// Whoever opens more than that is overruled within seconds, however long the contest has been.
	cluster(t).kubectl(t, "", "patch", "validatingwebhookconfiguration", "taffrail", "--type=json", "-p",
		`[{"op":"add","path":"/webhooks/0/matchConditions/-","value":{"name":"a-hole","expression":"false"}}]`).mustSucceed(t)
	require.Eventually(t, func() bool { return !strings.Contains(firstWebhook(".matchConditions"), "a-hole") }, 2*soon, interval)

	// Peace: the Namespace is labelled no more.
	cluster(t).kubectl(t, "", "label", "namespace", namespace, "control-plane-").mustSucceed(t)
	require.Eventually(t, func() bool {
		return strings.Contains(program(t, "doctor", "--kubeconfig", cluster(t).kubeconfig).stdout, "leaves out no namespace")
	}, time.Minute, time.Second)
}
