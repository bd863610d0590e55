package uninstall

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
)

// remover removes from a cluster that holds these objects.
func remover(t *testing.T, funcs interceptor.Funcs, objects ...client.Object) (*Remover, *strings.Builder) {
	t.Helper()
	all := runtime.NewScheme()
	require.NoError(t, scheme.AddToScheme(all))
	var out strings.Builder
	c := fake.NewClientBuilder().WithScheme(all).WithObjects(objects...).WithInterceptorFuncs(funcs).Build()
	return &Remover{client: c, out: &out}, &out
}

func there(t *testing.T, r *Remover, o object) bool {
	t.Helper()
	u, err := r.read(t.Context(), o)
	require.NoError(t, err)
	return u != nil
}

// What an apply of the leader, under way when its right was taken, brings back is deleted again.
func TestWhatComesBackIsDeletedAgain(t *testing.T) {
	returns := 2
	r, out := remover(t, interceptor.Funcs{
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, options ...client.DeleteOption) error {
			err := c.Delete(ctx, o, options...)
			if err == nil && o.GetObjectKind().GroupVersionKind().Kind == "ValidatingWebhookConfiguration" && returns > 0 {
				returns--
				return c.Create(ctx, madeByLeader[1].empty())
			}
			return err
		},
	}, madeByLeader[1].empty())
	require.NoError(t, r.Webhooks(t.Context()))
	assert.False(t, there(t, r, madeByLeader[1]))
	assert.Equal(t, 3, strings.Count(out.String(), "deleted ValidatingWebhookConfiguration taffrail\n"))
}

func TestTheAuthorityOfCertManagerGoesWithItsCertificate(t *testing.T) {
	secret := authority.empty()
	secret.SetAnnotations(map[string]string{"cert-manager.io/certificate-name": "taffrail-ca"})
	r, _ := remover(t, interceptor.Funcs{}, secret)
	require.NoError(t, r.Webhooks(t.Context()))
	assert.True(t, there(t, r, authority), "cert-manager would make it again")
	require.NoError(t, r.Rest(t.Context(), Options{Timeout: time.Second}))
	assert.False(t, there(t, r, authority))
}

// An error keeps nothing else from being deleted, and all errors are told.
func TestErrorsDoNotStopIt(t *testing.T) {
	r, out := remover(t, interceptor.Funcs{
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, options ...client.DeleteOption) error {
			if kind := o.GetObjectKind().GroupVersionKind().Kind; kind == "Service" || kind == "ClusterRole" {
				return errors.New("not today")
			}
			return c.Delete(ctx, o, options...)
		},
	}, namespace.empty(), inNamespace[0].empty(), inNamespace[1].empty())
	err := r.Rest(t.Context(), Options{Timeout: time.Second})
	require.ErrorContains(t, err, "delete Service taffrail-system/taffrail: not today")
	require.ErrorContains(t, err, "delete ClusterRole taffrail: not today")
	assert.Equal(t, "deleted Deployment taffrail-system/taffrail\ndeleted Namespace taffrail-system\nNamespace taffrail-system is gone\n", out.String())
}

func TestHelmIsTold(t *testing.T) {
	deployment := inNamespace[0].empty()
	deployment.SetLabels(map[string]string{"app.kubernetes.io/managed-by": "Helm"})
	r, _ := remover(t, interceptor.Funcs{}, deployment)
	require.NoError(t, r.Rest(t.Context(), Options{Timeout: time.Second}))
	assert.True(t, r.Helm())
}

func TestANamespaceThatHangs(t *testing.T) {
	hanging := namespace.empty()
	hanging.SetFinalizers([]string{"example.com/hangs"})
	hanging.Object["status"] = map[string]any{"conditions": []any{
		map[string]any{"type": "NamespaceContentRemaining", "status": "True", "message": "some content is left: volumes"},
	}}
	r, _ := remover(t, interceptor.Funcs{}, hanging)
	err := r.Rest(t.Context(), Options{Timeout: 300 * time.Millisecond})
	require.ErrorContains(t, err, "Namespace taffrail-system is still being deleted after 300ms (some content is left: volumes)")
}

// Reports are written in namespaces of others, who may have their own.
func TestTheReportsOfTheAuditAreDeleted(t *testing.T) {
	report := func(namespace, by string) *metav1.PartialObjectMetadata {
		u := &metav1.PartialObjectMetadata{}
		u.SetGroupVersionKind(reportKinds[0])
		u.SetNamespace(namespace)
		u.SetName("of-" + by)
		u.SetLabels(map[string]string{"app.kubernetes.io/managed-by": by})
		return u
	}
	r, out := remover(t, interceptor.Funcs{}, report("shop", "taffrail"), report("bank", "taffrail"), report("shop", "another"))
	require.NoError(t, r.reports(t.Context()))
	assert.Equal(t, "deleted 2 of kind Report of openreports.io\n", out.String())
	assert.True(t, there(t, r, object{"openreports.io", "v1alpha1", "Report", "shop", "of-another"}))
	require.NoError(t, r.reports(t.Context()), "and nothing the second time")
	assert.Equal(t, 2, r.Deleted)
}
