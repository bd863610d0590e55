package validators

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestCredentialNames: a name is known in the environment, as a key of a ConfigMap, and on a line of
// a file in one.
func TestCredentialNames(t *testing.T) {
	for _, test := range []struct {
		name, value string
		credential  bool
	}{
		{"SECRET", "hunter2", true},
		{"BEARER", "hunter2", true},
		{"PASSWORD", "hunter2", true},
		{"TOKEN", "hunter2", true},
		{"CREDENTIALS", "hunter2", true},
		{"AWS_SECRET_ACCESS_KEY", "hunter2", true},
		{"AZURE_STORAGE_KEY", "hunter2", true},
		{"AZURE_OPENAI_KEY", "hunter2", true},
		{"AZURE_COSMOS_PRIMARY_KEY", "hunter2", true},
		{"OCI_CLI_KEY_CONTENT", "hunter2", true},
		{"RAILS_MASTER_KEY", "hunter2", true},
		{"SECRET_KEY_BASE", "hunter2", true},
		{"JWT_SECRET", "hunter2", true},
		{"DB_PASS", "hunter2", true},
		{"GITHUB_PAT", "hunter2", true},
		{"clientSecret", "hunter2", true},
		{"secret.value", "hunter2", true},
		{"GOOGLE_APPLICATION_CREDENTIALS", "hunter2", true},

		{"SECRET_NAME", "web", false},
		{"TLS_SECRET_NAME", "web-tls", false},
		{"SECRET_NAMESPACE", "shop", false},
		{"SECRET_VERSION", "v3", false},
		{"KEY_FILE", "tls.key", false},
		{"PRIVATE_KEY_FILE", "tls", false},
		{"TOKEN_URL", "login", false},
		{"TOKEN_AUDIENCE", "vault", false},
		{"TOKEN_SCOPE", "read write", false},
		{"PASSWORD_ENCRYPTION", "scram-sha-256", false},
		{"AZURE_KEY_VAULT_NAME", "shop", false},
		{"AZURE_KEYVAULT", "shop", false},
		{"AZURE_CLIENT_ID", "shop", false},
		{"AWS_ACCESS_KEY_ID", "shop", false},
		{"CACHE_KEY", "shop", false},
		{"PUBLIC_KEY", "shop", false},
		{"PARTITION_KEY", "shop", false},
		{"BYPASS", "shop", false},
		{"COMPASS", "shop", false},
		{"SECRETARY", "jane", false},
		{"GOOGLE_APPLICATION_CREDENTIALS", "/var/run/gcp/key.json", false},
		{"SECRET", "/run/secrets/app", false},
		{"SECRET", "../secrets/app", false},
		{"SECRET", "~/app", false},
		{"SECRET", "app.pem", false},
		{"SECRET", "$OIDC_SECRET", false},
		{"SECRET", "${OIDC_SECRET}", false},
		{"SECRET", "vault:secret/data/shop#key", false},
		{"SECRET", "arn:aws:secretsmanager:eu-west-1:1:secret:shop", false},
		{"SECRET", "projects/shop/secrets/app/versions/1", false},
		{"SECRET", "op://shop/app/secret", false},
		{"SECRET", "********", false},
		{"SECRET", "false", false},
		{"SECRET", "", false},
	} {
		where := map[string]bool{
			"env":         finds(t, "literal-secret-in-env", podWith(test.name, test.value)),
			"key":         finds(t, "sensitive-config-map", configWith(test.name, test.value)),
			"line with =": finds(t, "sensitive-config-map", configWith("app.env", "LOG_LEVEL=info\n"+test.name+"="+test.value+"\n")),
			"line with :": finds(t, "sensitive-config-map", configWith("app.yaml", "logLevel: info\n"+test.name+": "+test.value+"\n")),
		}
		for place, found := range where {
			assert.Equal(t, test.credential, found, "%s=%q as %s", test.name, test.value, place)
		}
	}
	assert.False(t, finds(t, "sensitive-config-map", configWith("ingress.yaml", "tls:\n- secret: web-tls\n")), "the name of a Secret")
}

type document = map[string]any

func podWith(name, value string) document {
	return document{"apiVersion": "v1", "kind": "Pod", "metadata": document{"name": "web"}, "spec": document{
		"containers": []any{document{"name": "web", "image": "web:1", "env": []any{document{"name": name, "value": value}}}},
	}}
}

func configWith(key, value string) document {
	return document{"apiVersion": "v1", "kind": "ConfigMap", "metadata": document{"name": "web"}, "data": document{key: value}}
}

func finds(t *testing.T, check string, object document) bool {
	t.Helper()
	raw, err := json.Marshal(object)
	require.NoError(t, err)
	validate, err := construct(t, check, "{}")
	require.NoError(t, err)
	return len(validate(reviewOf(t, raw, nil, nil))) > 0
}
