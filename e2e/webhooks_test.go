//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/yaml"
)

// webhooksFile is what users install who keep the webhook configurations themselves.
const webhooksFile = "../deploy/components/static/webhooks.yaml"

const (
	mutating   = "mutatingwebhookconfigurations"
	validating = "validatingwebhookconfigurations"
)

// The API server sees a new webhook configuration some time after it is
// written. So each configuration carries one entry more, which leads nowhere:
// once it refuses an object with its label, the others are at work.
const (
	markerLabel      = "e2e.taffrail.dev/marker"
	markerMutating   = "mutating"
	markerValidating = "validating"
	markerTimeout    = 30 * time.Second
)

// installWebhooks installs the webhook configurations of deploy/components/static, which
// then lead to the server instead of a Service, and returns when the API server
// calls it. The end of the test removes them, and only then stops the server.
// Guardrails other than the default may look at more, and need more rules.
func installWebhooks(t *testing.T, server *taffrail, more ...admissionregistrationv1.RuleWithOperations) {
	t.Helper()
	mutating, validating := readWebhooks(t)
	validating.Webhooks[0].Rules = append(validating.Webhooks[0].Rules, more...)
	for i := range mutating.Webhooks {
		pointTo(t, server, &mutating.Webhooks[i].ClientConfig)
	}
	for i := range validating.Webhooks {
		pointTo(t, server, &validating.Webhooks[i].ClientConfig)
	}
	mutating.Webhooks = append(mutating.Webhooks, mutatingMarker())
	validating.Webhooks = append(validating.Webhooks, validatingMarker())

	cluster(t).tidy(t, func() { removeWebhooks(t) })
	cluster(t).kubectl(t, toYAML(t, mutating), "apply", "-f", "-").mustSucceed(t)
	cluster(t).kubectl(t, toYAML(t, validating), "apply", "-f", "-").mustSucceed(t)
	waitMarker(t, markerMutating, true)
	waitMarker(t, markerValidating, true)
}

// removeWebhooks removes both configurations and returns when the API server calls them no more.
func removeWebhooks(t *testing.T) {
	t.Helper()
	cluster(t).kubectl(t, "", "delete", "--ignore-not-found",
		"mutatingwebhookconfiguration/taffrail", "validatingwebhookconfiguration/taffrail").mustSucceed(t)
	waitMarker(t, markerMutating, false)
	waitMarker(t, markerValidating, false)
}

// readWebhooks reads the one configuration of each kind, strictly.
func readWebhooks(t *testing.T) (*admissionregistrationv1.MutatingWebhookConfiguration, *admissionregistrationv1.ValidatingWebhookConfiguration) {
	t.Helper()
	content, err := os.ReadFile(webhooksFile)
	require.NoError(t, err)

	var mutating *admissionregistrationv1.MutatingWebhookConfiguration
	var validating *admissionregistrationv1.ValidatingWebhookConfiguration
	documents := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(content)))
	for {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		var meta metav1.TypeMeta
		require.NoError(t, yaml.Unmarshal(document, &meta))
		switch meta.Kind {
		case "MutatingWebhookConfiguration":
			require.NoError(t, yaml.UnmarshalStrict(document, &mutating))
		case "ValidatingWebhookConfiguration":
			require.NoError(t, yaml.UnmarshalStrict(document, &validating))
		case "": // a comment between two separators
		default:
			require.FailNow(t, webhooksFile+" holds more than webhook configurations", meta.Kind)
		}
	}
	require.NotNil(t, mutating, webhooksFile)
	require.NotNil(t, validating, webhooksFile)
	return mutating, validating
}

// pointTo replaces the Service by the server's address, and keeps the path.
func pointTo(t *testing.T, server *taffrail, client *admissionregistrationv1.WebhookClientConfig) {
	t.Helper()
	require.NotNil(t, client.Service, "%s: a webhook without a Service", webhooksFile)
	require.NotNil(t, client.Service.Path, "%s: a Service without a path", webhooksFile)
	url := server.webhookURL + *client.Service.Path
	*client = admissionregistrationv1.WebhookClientConfig{URL: &url, CABundle: server.ca}
}

func mutatingMarker() admissionregistrationv1.MutatingWebhook {
	v := validatingMarker()
	return admissionregistrationv1.MutatingWebhook{
		Name:                    v.Name,
		ClientConfig:            v.ClientConfig,
		Rules:                   v.Rules,
		ObjectSelector:          markerSelector(markerMutating),
		FailurePolicy:           v.FailurePolicy,
		SideEffects:             v.SideEffects,
		AdmissionReviewVersions: v.AdmissionReviewVersions,
	}
}

func validatingMarker() admissionregistrationv1.ValidatingWebhook {
	nowhere := "https://127.0.0.1:1/" // a port that nobody listens on refuses at once
	fail := admissionregistrationv1.Fail
	none := admissionregistrationv1.SideEffectClassNone
	return admissionregistrationv1.ValidatingWebhook{
		Name:         "marker.e2e.taffrail.dev",
		ClientConfig: admissionregistrationv1.WebhookClientConfig{URL: &nowhere},
		Rules: []admissionregistrationv1.RuleWithOperations{{
			Operations: []admissionregistrationv1.OperationType{admissionregistrationv1.Create},
			Rule: admissionregistrationv1.Rule{
				APIGroups: []string{""}, APIVersions: []string{"v1"}, Resources: []string{"configmaps"},
			},
		}},
		ObjectSelector:          markerSelector(markerValidating),
		FailurePolicy:           &fail,
		SideEffects:             &none,
		AdmissionReviewVersions: []string{"v1"},
	}
}

func markerSelector(value string) *metav1.LabelSelector {
	return &metav1.LabelSelector{MatchLabels: map[string]string{markerLabel: value}}
}

// waitMarker waits until a marked object is refused, or is no longer.
func waitMarker(t *testing.T, marker string, refused bool) {
	t.Helper()
	manifest := "{apiVersion: v1, kind: ConfigMap, metadata: {name: marker, labels: {" + markerLabel + ": " + marker + "}}}"
	for deadline := time.Now().Add(markerTimeout); ; time.Sleep(50 * time.Millisecond) {
		r := cluster(t).kubectl(t, manifest, "create", "--dry-run=server", "-n", "default", "-f", "-")
		switch {
		case refused && strings.Contains(r.stderr, "marker.e2e.taffrail.dev"), !refused && r.exitCode == 0:
			return
		case time.Now().After(deadline):
			require.FailNow(t, "the webhook configurations did not come into effect", "%s", r)
		}
	}
}

func toYAML(t *testing.T, object any) string {
	t.Helper()
	content, err := yaml.Marshal(object)
	require.NoError(t, err)
	return string(content)
}
