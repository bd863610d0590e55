//go:build e2e && !kind

package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// surroundings are what the fixtures take for granted: whoever they say sends an
// object may do so, and what a Pod or a claim refers to is there.
const surroundings = `
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: e2e-everybody-is-an-administrator}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: cluster-admin}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: Group, name: "system:authenticated"}]
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: standard}
provisioner: e2e.taffrail.dev/none
allowVolumeExpansion: true
---
{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: gvisor}, handler: gvisor}
---
{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: kata}, handler: kata}
---
{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: nvidia}, handler: nvidia}
`

// What the fixtures of the catalogue say is found, the cluster finds: each is
// sent to the API server as its comments say, and the answer compared.
func TestTheCatalogueInTheCluster(t *testing.T) {
	t.Parallel()
	useControlPlane(t, withoutPlugin("PodSecurity")) // which would speak before pod-security does
	cluster(t).kubectl(t, surroundings, "apply", "-f", "-").mustSucceed(t)
	require.Eventually(t, func() bool {
		return cluster(t).kubectl(t, "", "auth", "can-i", "*", "*", "--as=jane").exitCode == 0
	}, soon, interval)

	mapper := newMapper(t)
	fixtures := readCheckFixtures(t)
	expectOfVersion(t, fixtures)
	var guardrails strings.Builder
	for _, f := range fixtures {
		f.settle(t, mapper)
		guardrails.WriteString("---\n" + f.guardrail(t))
	}
	record := t.TempDir()
	server := startTaffrail(t, options{guardrails: guardrails.String(), flags: []string{"--record", record, "--record-rate", "100000"}})
	installCatalogueWebhook(t, server)

	refused := 0
	for _, f := range fixtures {
		t.Run(f.check+"/"+f.name, func(t *testing.T) {
			if f.apiServer != "" {
				refused++
				f.mustBeRefusedByTheAPIServer(t, mapper)
			} else {
				f.mustBeFound(t, mapper)
			}
		})
	}
	t.Logf("%d fixtures sent, %d of them refused by the API server itself", len(fixtures), refused)
	t.Run("audit", func(t *testing.T) { auditAgrees(t, mapper, fixtures, server.guardrailsFile) })

	server.terminate() // what was recorded is written then
	<-server.exited
	assert.NotContains(t, server.log(), "out of the record")
	written, decided := readRecord(t, record), 0
	for _, f := range fixtures {
		if f.apiServer != "" {
			continue
		}
		t.Run("recorded/"+f.check+"/"+f.name, func(t *testing.T) {
			if f.mustBeDecided(t, written) {
				decided++
			}
		})
	}
	t.Logf("%d fixtures recorded and decided again", decided)
	assert.Greater(t, decided, len(fixtures)-refused-10)
}

func newMapper(t *testing.T) meta.RESTMapper {
	t.Helper()
	client, err := discovery.NewDiscoveryClientForConfig(cluster(t).config)
	require.NoError(t, err)
	groups, err := restmapper.GetAPIGroupResources(client)
	require.NoError(t, err)
	return restmapper.NewDiscoveryRESTMapper(groups)
}

// installCatalogueWebhook sends the webhook all that a check may look at. There
// are no controllers here whom it would be in the way of.
func installCatalogueWebhook(t *testing.T, server *taffrail) {
	t.Helper()
	_, configuration := readWebhooks(t)
	webhook := configuration.Webhooks[0]
	pointTo(t, server, &webhook.ClientConfig)
	webhook.Rules = []admissionregistrationv1.RuleWithOperations{{
		Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.OperationAll},
		Rule: admissionregistrationv1.Rule{
			APIGroups: []string{"*"}, APIVersions: []string{"*"}, Resources: []string{"*/*"},
		},
	}}
	configuration.Webhooks = []admissionregistrationv1.ValidatingWebhook{webhook, validatingMarker()}

	cluster(t).kubectl(t, toYAML(t, configuration), "apply", "-f", "-").mustSucceed(t)
	waitMarker(t, markerValidating, true)
}

// settle makes the Namespace that the fixture is to be sent to.
func (f *checkFixture) settle(t *testing.T, mapper meta.RESTMapper) {
	t.Helper()
	mapping, err := mappingOf(mapper, f.object)
	if meta.IsNoMatchError(err) {
		return // nowhere to send it to, which is what the fixture must say
	}
	require.NoError(t, err)
	f.separate(mapping.Scope.Name() == meta.RESTScopeNameNamespace)
	name := f.object.GetNamespace()
	if name == "" || name == metav1.NamespaceDefault {
		return
	}
	namespace := &unstructured.Unstructured{}
	namespace.SetAPIVersion("v1")
	namespace.SetKind("Namespace")
	namespace.SetName(name)
	namespace.SetLabels(f.namespaceLabels)
	mark(namespace, f.number)
	createUnevaluated(t, mapper, namespace)
}

// mustBeRefusedByTheAPIServer holds the fixture to what it says of it.
func (f *checkFixture) mustBeRefusedByTheAPIServer(t *testing.T, mapper meta.RESTMapper) {
	err := f.send(t, mapper, rest.NoWarnings{})
	require.ErrorContains(t, err, f.apiServer)
	require.False(t, refusedByWebhook(err), "%v", err)
}

// mustBeFound compares what the fixture wants found with what the cluster finds.
func (f *checkFixture) mustBeFound(t *testing.T, mapper meta.RESTMapper) {
	var warnings recordedWarnings
	err := f.send(t, mapper, &warnings)
	f.refused, f.warnings = refusedByWebhook(err), warnings.texts
	found, warned := f.causes(err), warnings.of(f.check)
	if f.params["level"] == "namespace" {
		// Warnings are in Kubernetes' words then, several as one; podsecurity_test.go compares
		// them.
		assert.Subset(t, f.want, found)
		assert.Equal(t, len(found) < len(f.want), len(warned) > 0, "%v", warned)
	} else {
		found = append(found, warned...)
		slices.Sort(found)
		assert.Equal(t, f.want, found, "%v", err)
	}

	switch {
	case refusedByWebhook(err):
	case f.operation == "CONNECT": // which goes on to a kubelet, and there is none
		require.ErrorContains(t, err, "does not have a host assigned")
	default:
		require.NoError(t, err)
	}
}

func refusedByWebhook(err error) bool {
	return err != nil && strings.Contains(err.Error(), "denied the request")
}

// causes are the findings of a refusal.
func (f *checkFixture) causes(err error) (found []string) {
	var status apierrors.APIStatus
	if !refusedByWebhook(err) || !errors.As(err, &status) || status.Status().Details == nil {
		return nil
	}
	for _, cause := range status.Status().Details.Causes {
		found = append(found, cause.Field+": "+strings.TrimPrefix(cause.Message, f.check+": "))
	}
	return found
}

// send sends the fixture, as its user.
func (f *checkFixture) send(t *testing.T, mapper meta.RESTMapper, warnings rest.WarningHandler) error {
	t.Helper()
	config := rest.CopyConfig(cluster(t).config)
	config.WarningHandler = warnings
	config.Impersonate = rest.ImpersonationConfig{UserName: f.user.Username, Groups: f.user.Groups}
	resource, err := resourceOf(mapper, config, f.object)
	if err != nil {
		return err // an API that the API server does not serve
	}
	// As kubectl does: a field that nobody knows is a mistake.
	dryRun, strict := []string{metav1.DryRunAll}, metav1.FieldValidationStrict
	switch ctx := context.Background(); f.operation {
	case "UPDATE":
		require.NotNil(t, f.old, "an update needs an old object")
		createdAs := createUnevaluated(t, mapper, f.old)
		f.object.SetName(createdAs.GetName())
		f.object.SetResourceVersion(createdAs.GetResourceVersion())
		_, err = resource.Update(ctx, f.object, metav1.UpdateOptions{DryRun: dryRun, FieldValidation: strict}, subresources(f.subresource)...)
	case "DELETE":
		createUnevaluated(t, mapper, f.object)
		err = resource.Delete(ctx, f.object.GetName(), metav1.DeleteOptions{DryRun: dryRun})
	case "CONNECT":
		createUnevaluated(t, mapper, f.object)
		err = f.connect(t, config)
	default:
		_, err = resource.Create(ctx, f.object, metav1.CreateOptions{DryRun: dryRun, FieldValidation: strict}, subresources(f.subresource)...)
	}
	return err
}

// connect sends the options, which are the query of a request.
func (f *checkFixture) connect(t *testing.T, config *rest.Config) error {
	t.Helper()
	config.APIPath, config.GroupVersion = "/api", &corev1.SchemeGroupVersion
	config.NegotiatedSerializer = scheme.Codecs.WithoutConversion()
	client, err := rest.RESTClientFor(config)
	require.NoError(t, err)
	request := client.Post().Resource("pods").Namespace(f.object.GetNamespace()).Name(f.object.GetName()).SubResource(f.subresource)
	for key, value := range f.options {
		values, isList := value.([]any)
		if !isList {
			values = []any{value}
		}
		for _, value := range values {
			request.Param(key, fmt.Sprint(value))
		}
	}
	return request.Do(context.Background()).Error()
}

// createUnevaluated creates an object just as it is given, as one whom the webhook leaves out.
func createUnevaluated(t *testing.T, mapper meta.RESTMapper, object *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	config := rest.CopyConfig(cluster(t).config)
	config.Impersonate.UserName = "system:kube-scheduler"
	config.WarningHandler = rest.NoWarnings{}
	resource, err := resourceOf(mapper, config, object)
	require.NoError(t, err)

	first := object.DeepCopy()
	unstructured.RemoveNestedField(first.Object, "spec", "ephemeralContainers")
	current, err := resource.Create(context.Background(), first, metav1.CreateOptions{})
	require.NoError(t, err)
	for _, subresource := range setLater(object) {
		next := object.DeepCopy()
		next.SetResourceVersion(current.GetResourceVersion())
		current, err = resource.Update(context.Background(), next, metav1.UpdateOptions{}, subresources(subresource)...)
		require.NoError(t, err)
	}
	return current
}

// setLater are the subresources by which an object gets what it cannot be
// created with; "" is the object itself.
func setLater(object *unstructured.Unstructured) (all []string) {
	if object.GetKind() == "Node" {
		all = append(all, "") // a new one is tainted as not ready
	}
	if _, given, _ := unstructured.NestedSlice(object.Object, "spec", "ephemeralContainers"); given {
		all = append(all, "ephemeralcontainers")
	}
	if _, given, _ := unstructured.NestedMap(object.Object, "status"); given {
		all = append(all, "status")
	}
	return all
}

// subresources are what the dynamic client takes.
func subresources(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

func mappingOf(mapper meta.RESTMapper, object *unstructured.Unstructured) (*meta.RESTMapping, error) {
	kind := object.GroupVersionKind()
	return mapper.RESTMapping(kind.GroupKind(), kind.Version)
}

func resourceOf(mapper meta.RESTMapper, config *rest.Config, object *unstructured.Unstructured) (dynamic.ResourceInterface, error) {
	mapping, err := mappingOf(mapper, object)
	if err != nil {
		return nil, err
	}
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return client.Resource(mapping.Resource).Namespace(object.GetNamespace()), nil
}

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
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, text := range w.texts {
		if finding, ok := strings.CutPrefix(text, check+": "); ok {
			found = append(found, strings.TrimSuffix(finding, "; it was so before, so it passes"))
		}
	}
	return found
}
