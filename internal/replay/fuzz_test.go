package replay_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/record"
	"taffrail.dev/taffrail/internal/replay"
)

// FuzzRecorded: of a secret nothing is left in what is recorded, be it plain, in base64, or in what
// kubectl has applied last; what is left is decided as before, and decided at all.
func FuzzRecorded(f *testing.F) {
	for _, secret := range []string{
		"hunter2hunter2", "ghp_0123456789012345678901234567890123456", "postgres://app:hunter2@db/shop", "-----BEGIN PRIVATE KEY-----\nabcdefgh",
		"host=db password=hunter2hunter2", "12345678901", "/run/secrets/x", "$(OTHER)hunter2", "a: b\npassword: hunter2\n", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.x",
		`{"quoted":"\u00e9<&>"}`, "my-own-password",
	} {
		f.Add("DB_PASSWORD", secret)
		f.Add("app.properties", secret)
	}
	objects := guardrail.Objects{Guardrails: []v1alpha1.Guardrail{{
		ObjectMeta: metav1.ObjectMeta{Name: "credentials"},
		Spec:       v1alpha1.GuardrailSpec{Validators: []v1alpha1.Validator{{Name: "literal-secret-in-env"}, {Name: "sensitive-config-map"}}},
	}}}
	reviews, err := replay.New(replay.Options{Objects: objects})
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, name, secret string) {
		if !utf8.ValidString(name) || !utf8.ValidString(secret) {
			return // no API server sends it
		}
		for _, object := range holding(name, secret) {
			review := reviewOf(t, object)
			redacted, err := record.NewRedactor("example.com/pin").Redact(review)
			require.NoError(t, err)
			require.True(t, json.Valid(redacted))
			if hidden(secret) && !occurs(t, reviewOf(t, holding(name, "~")[0]), secret) && !strings.Contains(name, secret) {
				assert.False(t, occurs(t, redacted, secret), "%q of %q is left in %s", secret, name, redacted)
			}
			assert.Equal(t, decided(t, reviews, review), decided(t, reviews, redacted), "%s", redacted)
		}
	})
}

// hidden tells whether a secret is one whose traces are told from anything else's, and no switch.
func hidden(secret string) bool {
	trimmed := strings.ToLower(strings.TrimSpace(secret))
	return len(trimmed) > 8 && !strings.Contains("redacted_1 redacted-1 -----begin private key-----", trimmed) && strings.Trim(trimmed, "*") != ""
}

// holding are objects that hold a secret wherever one may be.
func holding(name, secret string) []metav1.Object {
	applied, _ := json.Marshal(map[string]any{"spec": map[string]any{"value": secret}})
	meta := metav1.ObjectMeta{Name: "a", Namespace: "shop", Annotations: map[string]string{
		"kubectl.kubernetes.io/last-applied-configuration": string(applied), "example.com/pin": secret,
	}}
	env := []corev1.EnvVar{{Name: name, Value: secret}}
	container := corev1.Container{Name: "a", Image: "a:1", Env: env, LivenessProbe: &corev1.Probe{ProbeHandler: corev1.ProbeHandler{
		HTTPGet: &corev1.HTTPGetAction{HTTPHeaders: []corev1.HTTPHeader{{Name: name, Value: secret}}},
	}}}
	return []metav1.Object{
		&corev1.Pod{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}, ObjectMeta: meta,
			Spec: corev1.PodSpec{
				Containers: []corev1.Container{container}, InitContainers: []corev1.Container{container},
				EphemeralContainers: []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{Name: "b", Image: "a:1", Env: env}}},
			},
		},
		&corev1.Secret{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}, ObjectMeta: meta,
			Data: map[string][]byte{name: []byte(secret)}, StringData: map[string]string{name: secret},
		},
		&corev1.ConfigMap{
			TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}, ObjectMeta: meta,
			Data: map[string]string{name: secret}, BinaryData: map[string][]byte{name: []byte(secret)},
		},
	}
}

// occurs tells whether a text is in a document: in any string of it, as it is, in base64, or quoted
// once more.
func occurs(t *testing.T, document []byte, text string) bool {
	t.Helper()
	quoted, err := json.Marshal(text)
	require.NoError(t, err)
	var value any
	require.NoError(t, json.Unmarshal(document, &value))
	var within func(value any) bool
	within = func(value any) bool {
		switch value := value.(type) {
		case map[string]any:
			for name, member := range value {
				if strings.Contains(name, text) || within(member) {
					return true
				}
			}
		case []any:
			return slices.ContainsFunc(value, within)
		case string:
			decoded, _ := base64.StdEncoding.DecodeString(value)
			return strings.Contains(value, text) || bytes.Contains(decoded, []byte(text)) ||
				strings.Contains(value, string(bytes.Trim(quoted, `"`))) || strings.Contains(value, base64.StdEncoding.EncodeToString([]byte(text)))
		}
		return false
	}
	return within(value)
}

func decided(t *testing.T, reviews *replay.Replay, review []byte) (decision string) {
	t.Helper()
	require.NoError(t, reviews.Run(t.Context(), "-", bytes.NewReader(review), func(d *replay.Decision) error {
		assert.Empty(t, d.Error)
		decision = d.Decision
		return nil
	}))
	return decision
}
