package validators

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

func TestCredentialIn(t *testing.T) {
	for value, credential := range map[string]string{
		"":                                     "",
		"hunter2":                              "",
		"AKIAIOSFODNN7EXAMPLE":                 "an AWS access key",
		"AKIA":                                 "",
		"AKIA is how it begins, always":        "",
		"ghp_" + strings.Repeat("x", 36):       "a GitHub token",
		"ghp_$(TOKEN)":                         "",
		"-----BEGIN RSA PRIVATE KEY-----\nx":   "a private key",
		"-----BEGIN CERTIFICATE-----\nx":       "",
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.": "a JSON Web Token",
		"eyJ.a.b":                              "",
		"postgres://app:hunter2@db/shop":       "a URL with a password",
		"postgres://app:p@ss@db/shop":          "a URL with a password",
		"mongodb://u:p@a:1,b:2/shop":           "a URL with a password",
		"redis://:hunter2@cache:6379":          "a URL with a password",
		"jdbc:postgresql://u:p@db/shop":        "a URL with a password",
		"postgres://app@db/shop":               "",
		"postgres://app:@db/shop":              "",
		"postgres://app:$(DB_PASSWORD)@db":     "",
		"https://db:5432/@shop":                "",
		"https://example.com/?a=b:c@d":         "",
		"user:pass@example.com":                "",

		"Server=db;User Id=app;Password=hunter2;":                              "a connection string with a password",
		"DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=c2hvcA==":  "a connection string with a password",
		"Endpoint=sb://shop/;SharedAccessKeyName=app;SharedAccessKey=c2hvcA==": "a connection string with a password",
		"host=db user=app password=hunter2":                                    "a connection string with a password",
		"jdbc:mysql://db/shop?user=app&password=hunter2":                       "a connection string with a password",
		"host=db user=app password=$(DB_PASSWORD)":                             "",
		"host=db user=app password=":                                           "",
		"host=db user=app passfile=/run/secrets/pg":                            "",
		"login(user=a, password=b)":                                            "",
	} {
		assert.Equal(t, credential, credentialIn(value), value)
	}
}

func TestNameWords(t *testing.T) {
	words, mistakes := parseNameWords([]string{"token", "api_key", "secret", "secret_key"}, field.NewPath("names"))
	require.Empty(t, mistakes)
	for name, want := range map[string]struct {
		rest  string
		found bool
	}{
		"TOKEN":             {"", true},
		"AUTH_TOKEN":        {"", true},
		"authToken":         {"", true},
		"token2":            {"", true},
		"TOKEN_2":           {"", true},
		"TOKEN_TTL":         {"TTL", true},
		"tokenFile":         {"File", true},
		"TOKENIZER":         {"", false},
		"MAX_TOKENS":        {"", false},
		"myApiKey":          {"", true},
		"API-KEY.ID":        {"ID", true},
		"A_PI_KEY":          {"", true},
		"CLIENT_SECRET_KEY": {"", true},
		"SECRET_TOKEN_NAME": {"NAME", true},
		"":                  {"", false},
		"PATH":              {"", false},
	} {
		rest, found := words.in(name)
		assert.Equal(t, want.found, found, name)
		assert.Equal(t, want.rest, rest, name)
	}
}

// TestLiteralSecretsAreNotRepeated: messages end up in logs, and findings in reports.
func TestLiteralSecretsAreNotRepeated(t *testing.T) {
	f := readFixture(t, "testdata/literal-secret-in-env/fail-by-value.yaml")
	for _, finding := range f.evaluate(t, named(t, "literal-secret-in-env")) {
		assert.Nil(t, finding.Value)
		for _, secret := range []string{"AKIA", "ghp_", "xoxb", "eyJ", "hunter2", "BEGIN"} {
			assert.NotContains(t, finding.Message(), secret)
		}
	}
}
