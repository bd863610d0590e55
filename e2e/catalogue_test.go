//go:build e2e

package e2e

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"sigs.k8s.io/yaml"
)

// fixtureLabel selects the guardrail of a fixture: by its Namespace, or by
// itself where it lives in none.
const fixtureLabel = "e2e.taffrail.dev/fixture"

// What the fixtures of the catalogue say is found, the cluster finds: each is
// sent to the API server as its comments say, and the answer compared.
func TestTheCatalogueInTheCluster(t *testing.T) {
	fixtures := readCheckFixtures(t)
	mapper := newMapper(t)
	var guardrails strings.Builder
	for i := range fixtures {
		fixtures[i].prepare(t, mapper, i)
		guardrails.WriteString("---\n" + fixtures[i].guardrail(t, i))
	}
	server := startTaffrail(t, options{guardrails: guardrails.String()})
	installCatalogueWebhook(t, server)

	for i := range fixtures {
		f := &fixtures[i]
		t.Run(f.check+"/"+f.name, func(t *testing.T) { f.run(t, mapper) })
	}
}

func newMapper(t *testing.T) meta.RESTMapper {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(cluster.config)
	require.NoError(t, err)
	groups, err := restmapper.GetAPIGroupResources(client)
	require.NoError(t, err)
	return restmapper.NewDiscoveryRESTMapper(groups)
}

// installCatalogueWebhook sends the webhook all that a check may look at,
// narrowed down to the fixtures.
func installCatalogueWebhook(t *testing.T, server *taffrail) {
	t.Helper()
	_, configuration := readWebhooks(t)
	base := configuration.Webhooks[0]
	pointTo(t, server, &base.ClientConfig)
	base.Rules = []admissionregistrationv1.RuleWithOperations{{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.OperationAll},
		Rule: admissionregistrationv1.Rule{
			APIGroups: []string{"*"}, APIVersions: []string{"*"}, Resources: []string{"*/*"},
		},
	}}
	marked := metav1.LabelSelectorRequirement{Key: fixtureLabel, Operator: metav1.LabelSelectorOpExists}
	bySelf, byNamespace := *base.DeepCopy(), *base.DeepCopy()
	bySelf.ObjectSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{marked}}
	byNamespace.Name = "namespaced." + base.Name
	byNamespace.NamespaceSelector.MatchExpressions = append(byNamespace.NamespaceSelector.MatchExpressions, marked)
	// Once is enough for what both would send.
	unmarked := metav1.LabelSelectorRequirement{Key: fixtureLabel, Operator: metav1.LabelSelectorOpDoesNotExist}
	byNamespace.ObjectSelector = &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{unmarked}}
	namespaced := admissionregistrationv1.NamespacedScope
	byNamespace.Rules[0].Scope = &namespaced
	configuration.Webhooks = []admissionregistrationv1.ValidatingWebhook{bySelf, byNamespace, validatingMarker()}

	t.Cleanup(func() { removeWebhooks(t) })
	cluster.kubectl(t, toYAML(t, configuration), "apply", "-f", "-").mustSucceed(t)
	waitMarker(t, markerValidating, true)
}

// prepare gives the fixture a place of its own.
func (f *checkFixture) prepare(t *testing.T, mapper meta.RESTMapper, i int) {
	t.Helper()
	mark := strconv.Itoa(i)
	mapping, err := mapper.RESTMapping(f.object.GroupVersionKind().GroupKind(), f.object.GroupVersionKind().Version)
	clusterScoped := err == nil && mapping.Scope.Name() == meta.RESTScopeNameRoot
	if clusterScoped || f.namespace != "" {
		f.marked(fixtureLabel, mark)
		return
	}
	f.namespace = "e2e-fixture-" + mark
	namespace := &unstructured.Unstructured{}
	namespace.SetAPIVersion("v1")
	namespace.SetKind("Namespace")
	namespace.SetName(f.namespace)
	labels := maps.Clone(f.namespaceLabels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[fixtureLabel] = mark
	namespace.SetLabels(labels)
	resource, err := f.resource(cluster.config, mapper, namespace)
	require.NoError(t, err)
	_, err = resource.Create(context.Background(), namespace, metav1.CreateOptions{})
	if f.refused = err != nil && f.apiServer != ""; f.refused {
		require.ErrorContains(t, err, f.apiServer)
		return
	}
	require.NoError(t, err)
}

// guardrail has the fixture's check, for the fixture alone.
func (f *checkFixture) guardrail(t *testing.T, i int) string {
	t.Helper()
	selector := map[string]any{"matchLabels": map[string]string{fixtureLabel: strconv.Itoa(i)}}
	match := map[string]any{"namespaceSelector": selector}
	if f.object.GetLabels()[fixtureLabel] != "" {
		match = map[string]any{"objectSelector": selector}
	}
	content, err := yaml.Marshal(map[string]any{
		"apiVersion": "taffrail.dev/v1alpha1", "kind": "Guardrail",
		"metadata": map[string]any{"name": fmt.Sprintf("fixture-%d", i)},
		"spec": map[string]any{
			"match":      match,
			"validators": []any{map[string]any{"name": f.check, "params": f.params}},
		},
	})
	require.NoError(t, err)
	return string(content)
}

// run sends the fixture and compares the answer.
func (f *checkFixture) run(t *testing.T, mapper meta.RESTMapper) {
	if f.refused {
		return
	}
	var warnings recordedWarnings
	err := f.send(t, mapper, &warnings)
	if f.apiServer != "" {
		if !strings.HasPrefix(f.apiServer, "rewrites ") {
			require.ErrorContains(t, err, f.apiServer, "the API server itself must refuse it")
		}
		return
	}
	found := warnings.of(f.check)
	var status apierrors.APIStatus
	if errors.As(err, &status) && strings.Contains(err.Error(), "denied the request") {
		require.NotNil(t, status.Status().Details, "%v", err)
		for _, cause := range status.Status().Details.Causes {
			found = append(found, cause.Field+": "+strings.TrimPrefix(cause.Message, f.check+": "))
		}
	} else if f.operation != "CONNECT" { // which ends at a kubelet that is not there
		require.NoError(t, err)
	}
	slices.Sort(found)
	assert.Equal(t, f.want, found)
}

func (f *checkFixture) send(t *testing.T, mapper meta.RESTMapper, warnings *recordedWarnings) error {
	t.Helper()
	config := rest.CopyConfig(cluster.config)
	config.WarningHandler = warnings
	if f.operation == "CONNECT" {
		f.createUnjudged(t, mapper, f.object)
		return f.connect(t, config)
	}
	resource, err := f.resource(config, mapper, f.object)
	if err != nil {
		return err // an API that the API server does not serve
	}
	dryRun := []string{metav1.DryRunAll}
	ctx := context.Background()
	switch f.operation {
	case "UPDATE":
		require.NotNil(t, f.old, "an update needs an old object")
		created := f.createUnjudged(t, mapper, f.old)
		f.object.SetName(created.GetName())
		f.object.SetResourceVersion(created.GetResourceVersion())
		f.object.SetUID(created.GetUID())
		var subresources []string
		if f.subresource != "" {
			subresources = []string{f.subresource}
		}
		_, err = resource.Update(ctx, f.object, metav1.UpdateOptions{DryRun: dryRun}, subresources...)
	case "DELETE":
		created := f.createUnjudged(t, mapper, f.object)
		err = resource.Delete(ctx, created.GetName(), metav1.DeleteOptions{DryRun: dryRun})
	default:
		_, err = resource.Create(ctx, f.object, metav1.CreateOptions{DryRun: dryRun})
	}
	return err
}

func (f *checkFixture) resource(config *rest.Config, mapper meta.RESTMapper, object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	mapping, err := mapper.RESTMapping(object.GroupVersionKind().GroupKind(), object.GroupVersionKind().Version)
	if err != nil {
		return nil, err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return client.Resource(mapping.Resource), nil
	}
	object.SetNamespace(f.namespace)
	return client.Resource(mapping.Resource).Namespace(f.namespace), nil
}

// createUnjudged creates an object as one whom the webhooks leave out.
func (f *checkFixture) createUnjudged(t *testing.T, mapper meta.RESTMapper, object *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	config := rest.CopyConfig(cluster.config)
	config.Impersonate = rest.ImpersonationConfig{UserName: "system:kube-scheduler", Groups: []string{"system:masters"}}
	config.WarningHandler = rest.NoWarnings{}
	resource, err := f.resource(config, mapper, object)
	require.NoError(t, err)
	created, err := resource.Create(context.Background(), object, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) { // a cluster-scoped object of another fixture
		require.NoError(t, resource.Delete(context.Background(), object.GetName(), metav1.DeleteOptions{}))
		created, err = resource.Create(context.Background(), object, metav1.CreateOptions{})
	}
	require.NoError(t, err)
	return created
}

func (f *checkFixture) connect(t *testing.T, config *rest.Config) error {
	t.Helper()
	config.APIPath, config.GroupVersion = "/api", &unstructuredCore
	config.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	client, err := rest.RESTClientFor(config)
	require.NoError(t, err)
	query := url.Values{}
	for key, value := range f.options {
		switch value := value.(type) {
		case []any:
			for _, item := range value {
				query.Add(key, fmt.Sprint(item))
			}
		default:
			if key != "kind" && key != "apiVersion" {
				query.Set(key, fmt.Sprint(value))
			}
		}
	}
	request := client.Post().Resource("pods").Namespace(f.namespace).Name(f.object.GetName()).SubResource(f.subresource)
	for key, values := range query {
		for _, value := range values {
			request.Param(key, value)
		}
	}
	return request.Do(context.Background()).Error()
}

var unstructuredCore = scheme.Scheme.PrioritizedVersionsForGroup("")[0]

// recordedWarnings are the warnings of a request.
type recordedWarnings struct {
	mu    sync.Mutex
	texts []string
}

func (w *recordedWarnings) HandleWarningHeader(code int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if code == 299 {
		w.texts = append(w.texts, text)
	}
}

// of are the findings of a check among the warnings.
func (w *recordedWarnings) of(check string) (found []string) {
	for _, text := range w.texts {
		if finding, ok := strings.CutPrefix(text, check+": "); ok {
			found = append(found, strings.TrimSuffix(finding, "; it was so before, so it passes"))
		}
	}
	return found
}
