package doctor

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/registration"
)

var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// known are the types of the objects of a cluster.
func known(t *testing.T) *runtime.Scheme {
	t.Helper()
	all := runtime.NewScheme()
	require.NoError(t, scheme.AddToScheme(all))
	require.NoError(t, v1alpha1.AddToScheme(all))
	return all
}

// fixture are the objects of a file.
func fixture(t *testing.T, file string) (objects []runtime.Object) {
	t.Helper()
	decoder := serializer.NewCodecFactory(known(t)).UniversalDeserializer()
	content, err := os.ReadFile(filepath.Join("testdata", file))
	require.NoError(t, err)
	for document := range strings.SplitSeq(string(content), "\n---\n") {
		object, _, err := decoder.Decode([]byte(document), nil, nil)
		require.NoError(t, err, document)
		objects = append(objects, object)
	}
	return objects
}

// installation is one with the objects of a fixture, and the metrics of every replica.
func installation(t *testing.T, file, metrics string) *Installation {
	t.Helper()
	return &Installation{
		Client:  fake.NewClientBuilder().WithScheme(known(t)).WithRuntimeObjects(fixture(t, file)...).Build(),
		Version: "v1.0.0", Now: func() time.Time { return now },
		Kubernetes: func() (string, error) { return "v1.36.3", nil },
		Metrics:    func(context.Context, *corev1.Pod) ([]byte, error) { return []byte(metrics), nil },
	}
}

// What a bare API server, on which no Pod runs, cannot show: testdata/NAME.yaml
// is what the cluster holds.
func TestFindings(t *testing.T) {
	const healthy = `taffrail_build_info{commit="abc",go="go1.26",version="v1.0.0"} 1` + "\n"
	for _, test := range []struct {
		check   Check
		fixture string
		metrics string
		says    []string // a part of each finding, in order
	}{
		{endpoints, "running.yaml", healthy, nil},
		{rollout, "running.yaml", healthy, nil},
		{leaderElection, "running.yaml", healthy, nil},
		{infrastructure, "running.yaml", healthy, nil},
		{versions, "running.yaml", healthy, nil},
		{certificate, "running.yaml", healthy, []string{"its caBundle holds no certificate"}},

		{endpoints, "broken.yaml", healthy, []string{"all 2 replicas are on node a", "it never allows an eviction"}},
		{rollout, "broken.yaml", healthy, []string{`its Pods cannot be made: pods "taffrail-x" is forbidden: exceeded quota`, "no node takes it", "it does not run: ImagePullBackOff"}},
		{leaderElection, "broken.yaml", healthy, []string{"the leader elsewhere_abc is no Pod of taffrail-system"}},
		{infrastructure, "broken.yaml", healthy, []string{
			"DaemonSet calico-node installs a CNI (mounts /opt/cni/bin)", "DaemonSet csi is a CSI driver (mounts /var/lib/kubelet/plugins/x)",
		}},
		{otherWebhooks, "broken.yaml", healthy, []string{"it fails closed on Pods of taffrail-system"}},
		{mutationOrder, "broken.yaml", healthy, []string{"which is not asked again"}},
		{exemptions, "broken.yaml", healthy, []string{"it has expired"}},
		{guardrails, "broken.yaml", healthy, []string{"it is not in force: spec.validators[0].name", "its status is about generation 1, and it is at 2"}},
		{guardrails, "partly.yaml", healthy, []string{"it is in force in part; NOT ENFORCED: spec.validators[1].name"}},
		{guardrails, "own-kinds.yaml", healthy, []string{"it is not enforced while no replica answers: ticket"}},
		{lockOut, "broken.yaml", healthy, []string{"it waits 30 s", "evaluates [kube-system kube-public kube-node-lease taffrail-system]", "not-the-api-server", "not-the-scheduler", "not-a-node", `a rule names "*"`}},
		{versions, "broken.yaml", `taffrail_build_info{version="v0.9.0"} 1`, []string{"replicas run different images", "the replicas are v0.9.0, and this program is v1.0.0"}},
		{
			certificate, "broken.yaml", fmt.Sprintf("taffrail_certificate_expiry_timestamp_seconds{certificate=\"serving\"} %g", float64(now.Add(time.Hour).Unix())),
			[]string{"its caBundle is empty", "its caBundle is empty", "the certificate expires 2026-11-20T13:00:00Z"},
		},
	} {
		t.Run(test.check.Name+" of "+test.fixture, func(t *testing.T) {
			found, err := test.check.Run(t.Context(), installation(t, test.fixture, test.metrics))
			for _, err := range flatten(err) {
				assert.Empty(t, notDone(err))
			}
			require.Len(t, found, len(test.says), "%+v", found)
			for i, f := range found {
				assert.Contains(t, f.What, test.says[i])
				assert.NotEmpty(t, f.Where)
				assert.NotEmpty(t, f.Do)
			}
		})
	}
}

// The leader, which has the flag, leaves an unmanaged configuration alone.
func TestInfrastructureUnderUnmanagedConfigurations(t *testing.T) {
	const flag, selector = "--exclude-namespaces=calico-system", "namespaceSelector"
	i := installation(t, "broken.yaml", "")
	found, err := infrastructure.Run(t.Context(), i)
	require.NoError(t, err)
	require.NotEmpty(t, found)
	assert.Contains(t, found[0].Do, flag)
	assert.NotContains(t, found[0].Do, selector)

	ours := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	require.NoError(t, i.Client.Get(t.Context(), client.ObjectKey{Name: names.Name}, ours))
	ours.Annotations = map[string]string{registration.Unmanaged: "true"}
	require.NoError(t, i.Client.Update(t.Context(), ours))
	found, err = infrastructure.Run(t.Context(), i)
	require.NoError(t, err)
	require.NotEmpty(t, found)
	assert.Contains(t, found[0].Do, flag)
	assert.Contains(t, found[0].Do, selector)
}

// With the definitions gone there is nothing to list, which is no good news.
func TestTheDefinitionsAreGone(t *testing.T) {
	i := installation(t, "running.yaml", "")
	i.Client = interceptor.NewClient(i.Client.(client.WithWatch), interceptor.Funcs{
		List: func(ctx context.Context, under client.WithWatch, list client.ObjectList, o ...client.ListOption) error {
			if _, ours := list.(*v1alpha1.GuardrailList); ours {
				return &meta.NoKindMatchError{GroupKind: v1alpha1.GroupVersion.WithKind("Guardrail").GroupKind()}
			}
			return under.List(ctx, list, o...)
		},
	})
	found, err := guardrails.Run(t.Context(), i)
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Equal(t, Fail, found[0].Level)
	assert.Contains(t, found[0].What, "NOTHING IS ENFORCED")
}

func TestTooFewReplicas(t *testing.T) {
	assert.Contains(t, tooFew(nil)[0].What, "no replica is ready")
	assert.Contains(t, tooFew(make([]address, 1))[0].What, "one replica is ready")
	assert.Empty(t, tooFew(make([]address, 2)))
}

func TestReplicasInOneZone(t *testing.T) {
	node := func(zone string) corev1.Node {
		n := corev1.Node{}
		n.Labels = map[string]string{corev1.LabelTopologyZone: zone}
		return n
	}
	ready := []address{{node: "a", zone: "one"}, {node: "b", zone: "one"}}
	assert.Contains(t, together(ready, []corev1.Node{node("one"), node("two")})[0].What, "in zone one")
	assert.Empty(t, together(ready, []corev1.Node{node("one"), node("one")}), "there is no other zone")
}

func TestCertificates(t *testing.T) {
	i := &Installation{Now: func() time.Time { return now }}
	authority, key := signed(t, nil, nil, now.Add(365*24*time.Hour))
	other, _ := signed(t, nil, nil, now.Add(365*24*time.Hour))
	leaf, _ := signed(t, authority, key, now.Add(24*time.Hour))
	pool := func(c *x509.Certificate) *x509.CertPool { p := x509.NewCertPool(); p.AddCert(c); return p }
	c := chain{"served at 192.0.2.1:9443", []*x509.Certificate{leaf}, serverName}

	assert.Empty(t, i.distrusted(c, []bundle{{"w", pool(authority)}}))
	assert.Contains(t, i.distrusted(c, []bundle{{"w", pool(other)}})[0].What, "signed by unknown authority")
	c.name = "elsewhere.svc"
	assert.Contains(t, i.distrusted(c, []bundle{{"w", pool(authority)}})[0].What, "not elsewhere.svc")

	week := 7 * 24 * time.Hour
	assert.Equal(t, Warn, i.endsAt("w", now.Add(27*time.Hour), late(week))[0].Level, "a sixth of a week is left")
	assert.Empty(t, i.endsAt("w", now.Add(29*time.Hour), late(week)))
	assert.Equal(t, Fail, i.endsAt("w", now, late(week))[0].Level)

	file := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: authority.Raw})
	assert.Len(t, parseCertificates(append([]byte("# old and new\n"), append(file, file...)...)), 2)
}

// What a former --tls has left behind expires unseen.
func TestCertificatesThatAreInUse(t *testing.T) {
	const authority, serving = "taffrail-ca", "taffrail-serving-cert"
	for _, test := range []struct {
		name string
		args []string
		want []string
	}{
		{"managed", []string{"serve", "--tls=managed"}, []string{authority}},
		{"managed, as nothing is said", []string{"serve"}, []string{authority}},
		{"cert-manager", []string{"serve", "--tls=files", "--inject-ca-from=" + names.Namespace + "/" + serving}, []string{authority, serving}},
		{"files", []string{"serve", "--tls", "files"}, []string{serving}},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := startedWith(t, test.args...)
			assert.Equal(t, test.want, slices.Sorted(maps.Keys(i.certificateSecrets(t.Context()))))
		})
	}
}

// startedWith is an installation whose Deployment has these arguments.
func startedWith(t *testing.T, args ...string) *Installation {
	t.Helper()
	i := installation(t, "running.yaml", "")
	deployment, err := i.deployment(t.Context())
	require.NoError(t, err)
	deployment.Spec.Template.Spec.Containers = []corev1.Container{{Name: "taffrail", Args: args}}
	require.NoError(t, i.Client.Update(t.Context(), deployment))
	return i
}

// With guardrails from files there is no status to write, but an authority of
// Taffrail's own is kept by a leader all the same.
func TestWhatALeaderIsFor(t *testing.T) {
	const files = "--guardrails=/etc/taffrail/guardrails"
	for _, test := range []struct {
		name  string
		args  []string
		roles []string // whose rights it needs
		led   bool
	}{
		{"managed", []string{"serve", "--tls=managed"}, []string{"taffrail", "taffrail-authority", "taffrail-guardrails", "taffrail-leader", "taffrail-webhooks"}, true},
		{"certificates from files", []string{"serve", "--tls=files"}, []string{"taffrail", "taffrail-guardrails", "taffrail-leader", "taffrail-webhooks"}, true},
		{"guardrails from files", []string{"serve", "--tls=managed", files}, []string{"taffrail", "taffrail-authority", "taffrail-leader", "taffrail-webhooks"}, true},
		{"guardrails from files, managed as nothing is said", []string{"serve", files}, []string{"taffrail", "taffrail-authority", "taffrail-leader", "taffrail-webhooks"}, true},
		{"both from files", []string{"serve", "--tls=files", files}, []string{"taffrail"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			i := startedWith(t, test.args...)
			roles := map[string]bool{}
			for _, r := range i.needed(t.Context()) {
				roles[r.role] = true
			}
			assert.Equal(t, test.roles, slices.Sorted(maps.Keys(roles)))

			lease := &coordinationv1.Lease{}
			lease.Namespace, lease.Name = names.Namespace, names.Lease
			require.NoError(t, i.Client.Delete(t.Context(), lease))
			found, err := leaderElection.Run(t.Context(), i)
			require.NoError(t, err)
			if !test.led {
				assert.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			assert.Contains(t, found[0].What, "no replica has ever led")
		})
	}
}

// signed makes a certificate, an authority where nobody signs it.
func signed(t *testing.T, by *x509.Certificate, with *ecdsa.PrivateKey, end time.Time) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "taffrail"}, NotBefore: now.Add(-time.Hour), NotAfter: end,
		DNSNames: []string{serverName}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if by == nil {
		template.IsCA, template.BasicConstraintsValid, template.ExtKeyUsage, template.DNSNames = true, true, nil, nil
		by, with = template, key
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, by, &key.PublicKey, with)
	require.NoError(t, err)
	c, err := x509.ParseCertificate(raw)
	require.NoError(t, err)
	return c, key
}

// The API server's words, as they are.
func TestWhyItIsNotReached(t *testing.T) {
	const failed = `Internal error occurred: failed calling webhook "validate.taffrail.dev": failed to call webhook: Post "https://taffrail.taffrail-system.svc:443/validate?timeout=2s": `
	for words, what := range map[string]string{
		failed + "tls: failed to verify certificate: x509: certificate has expired": "TLS",
		failed + `no endpoints available for service "taffrail"`:                    "no endpoints",
		failed + `service "taffrail" not found`:                                     "the Service is not there",
		failed + "dial tcp 10.96.0.7:443: connect: connection refused":              "nobody answers",
		failed + "context deadline exceeded":                                        "no answer within the timeout",
		failed + "an error of a Kubernetes to come":                                 "the call fails",
		"": "it let a Guardrail with a mistake in",
	} {
		assert.Contains(t, unreachable(words).What, what)
	}
}

// A right that is missing is told, and no finding.
func TestAMissingRight(t *testing.T) {
	i := installation(t, "running.yaml", "")
	i.Client = interceptor.NewClient(i.Client.(client.WithWatch), interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "guardrails"}, "", errors.New(`User "u" cannot list`))
		},
	})
	r := examine(t.Context(), i, guardrails)
	assert.Equal(t, Skipped, r.Outcome)
	assert.Empty(t, r.Findings)
	assert.Equal(t, []string{`no right: guardrails is forbidden: User "u" cannot list`}, r.NotDone)
	assert.False(t, Report{[]Result{r}}.Found())
}

func TestLockOutNamesWhatIsVital(t *testing.T) {
	rule := func(group string, resources ...string) admissionregistrationv1.RuleWithOperations {
		return admissionregistrationv1.RuleWithOperations{Rule: admissionregistrationv1.Rule{APIGroups: []string{group}, Resources: resources}}
	}
	closed := entry{}
	closed.Rules = []admissionregistrationv1.RuleWithOperations{
		rule("", "pods", "nodes/status"), rule("coordination.k8s.io", "leases"), rule("apps", "deployments"), rule("taffrail.dev", "guardrails"),
	}
	assert.Equal(t, []string{"guardrails", "leases", "nodes/status"}, vitalIn(closed))
}
