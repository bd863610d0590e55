package doctor

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/names"
)

// policy is a NetworkPolicy of the Pods, with these rules.
func policy(t *testing.T, spec string) *networkingv1.NetworkPolicy {
	t.Helper()
	p := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Namespace: names.Namespace, Name: "p"}}
	require.NoError(t, yaml.UnmarshalStrict([]byte(spec), &p.Spec))
	return p
}

func TestWhoReachesThePortOfReviews(t *testing.T) {
	base, err := os.ReadFile("../../deploy/base/networkpolicy.yaml")
	require.NoError(t, err)
	shipped := &networkingv1.NetworkPolicy{}
	require.NoError(t, yaml.Unmarshal(base, shipped))
	const limited = `{podSelector: {}, ingress: [{ports: [{port: webhook}], from: [{ipBlock: {cidr: 192.0.2.10/32}}]}, {ports: [{port: health}]}]}`
	for name, test := range map[string]struct {
		arguments []string
		policies  []*networkingv1.NetworkPolicy
		want      string
	}{
		"anybody":                        {want: "no NetworkPolicy keeps others away"},
		"whoever has a certificate":      {arguments: []string{"serve", "--client-ca=/etc/taffrail/client-ca/ca.crt"}},
		"the same, in two words":         {arguments: []string{"serve", "--client-ca", "/ca.crt"}},
		"an address":                     {policies: []*networkingv1.NetworkPolicy{policy(t, limited)}},
		"nobody":                         {policies: []*networkingv1.NetworkPolicy{policy(t, `{podSelector: {}}`)}},
		"as it is shipped":               {policies: []*networkingv1.NetworkPolicy{shipped}, want: "NetworkPolicy taffrail lets others in"},
		"an address, and by another":     {policies: []*networkingv1.NetworkPolicy{policy(t, limited), shipped}, want: "NetworkPolicy taffrail lets others in"},
		"all addresses":                  {policies: []*networkingv1.NetworkPolicy{policy(t, `{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}`)}, want: "NetworkPolicy p"},
		"Pods, besides an address":       {policies: []*networkingv1.NetworkPolicy{policy(t, `{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 192.0.2.10/32}}, {namespaceSelector: {}}]}]}`)}, want: "NetworkPolicy p"},
		"by a number":                    {policies: []*networkingv1.NetworkPolicy{policy(t, `{podSelector: {}, ingress: [{ports: [{port: 9443}]}]}`)}, want: "NetworkPolicy p"},
		"by a range of ports":            {policies: []*networkingv1.NetworkPolicy{policy(t, `{podSelector: {}, ingress: [{ports: [{port: 9000, endPort: 9999}]}]}`)}, want: "NetworkPolicy p"},
		"another port":                   {policies: []*networkingv1.NetworkPolicy{policy(t, `{podSelector: {}, ingress: [{ports: [{port: 8080}, {port: 9443, protocol: UDP}]}]}`)}},
		"a policy of what goes out":      {policies: []*networkingv1.NetworkPolicy{policy(t, `{podSelector: {}, policyTypes: [Egress]}`)}, want: "no NetworkPolicy keeps others away"},
		"a policy of other Pods":         {policies: []*networkingv1.NetworkPolicy{policy(t, `{podSelector: {matchLabels: {app: other}}}`)}, want: "no NetworkPolicy keeps others away"},
		"a certificate, and any address": {arguments: []string{"serve", "--client-ca=x"}, policies: []*networkingv1.NetworkPolicy{shipped}},
	} {
		t.Run(name, func(t *testing.T) {
			i := installation(t, "running.yaml", "")
			deployment, err := i.deployment(t.Context())
			require.NoError(t, err)
			deployment.Spec.Template.Labels = map[string]string{"app.kubernetes.io/name": "taffrail"}
			deployment.Spec.Template.Spec.Containers = []corev1.Container{{Args: test.arguments}}
			require.NoError(t, i.Client.Update(t.Context(), deployment))
			for _, p := range test.policies {
				p.ResourceVersion = ""
				require.NoError(t, i.Client.Create(t.Context(), p.DeepCopy()))
			}
			found, err := senders.Run(t.Context(), i)
			require.NoError(t, err)
			if test.want == "" {
				assert.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			assert.Equal(t, Note, found[0].Level, "nothing is wrong")
			assert.Contains(t, found[0].What, test.want)
			assert.Contains(t, found[0].Do, "--client-ca")
		})
	}
}

// Of a server that the cluster does not run, its handshake tells.
func TestWhoReachesAServerOutside(t *testing.T) {
	i := installation(t, "running.yaml", "")
	ours := &admissionregistrationv1.ValidatingWebhookConfiguration{}
	require.NoError(t, i.Client.Get(t.Context(), client.ObjectKey{Name: names.Name}, ours))
	ours.Webhooks[0].ClientConfig = admissionregistrationv1.WebhookClientConfig{URL: new("https://taffrail.example.com/validate")}
	require.NoError(t, i.Client.Update(t.Context(), ours))
	asks, wrong := true, error(nil)
	i.Asks = func(_ context.Context, address string) (bool, error) {
		assert.Equal(t, "taffrail.example.com:443", address)
		return asks, wrong
	}
	found, err := senders.Run(t.Context(), i)
	require.NoError(t, err)
	assert.Empty(t, found)

	asks = false
	found, err = senders.Run(t.Context(), i)
	require.NoError(t, err)
	require.Len(t, found, 1)
	assert.Contains(t, found[0].What, "no certificate is asked for")
	assert.Equal(t, "taffrail.example.com:443", found[0].Where)

	wrong = errors.New("connection refused")
	found, err = senders.Run(t.Context(), i)
	require.ErrorContains(t, err, "see whether a certificate is asked for at taffrail.example.com:443: connection refused")
	assert.Empty(t, found)
}

func TestTheAPIServerHasNoCertificate(t *testing.T) {
	f := unreachable(`failed calling webhook "validate.taffrail.dev": failed to call webhook: taffrail takes reviews of the API server alone (--client-ca): the client certificate "x" is not accepted: x509: certificate signed by unknown authority`)
	assert.Contains(t, f.What, "does not accept what the API server shows")
	assert.Contains(t, f.Do, "--admission-control-config-file")
}
