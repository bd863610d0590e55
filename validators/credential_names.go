package validators

import (
	"slices"
	"strings"
)

// credentialNames are the words that names of credentials hold, wherever they are written. They are
// whole: PASS alone would be in BYPASS, and KEY in CACHE_KEY.
func credentialNames() []string {
	return []string{
		"access_key", "account_key", "admin_pass", "aes_key", "api_key", "auth_key", "auth_pass", "azure_*_key", "bearer", "cipher_key",
		"client_key", "client_secret", "credential", "credentials", "creds", "crypto_key", "db_pass", "deploy_key", "encryption_key",
		"erlang_cookie", "github_pat", "gitlab_pat", "hmac_key", "jwt_key", "key_content", "license_key", "mail_pass", "master_key",
		"mysql_pass", "passcode", "passphrase", "passwd", "password", "pg_pass", "postgres_pass", "private_key", "pwd", "redis_pass",
		"root_pass", "sa_key", "secret", "secret_key", "service_account_key", "session_key", "shared_key", "signing_key", "smtp_pass",
		"ssh_key", "storage_key", "token", "user_pass",
	}
}

// nameCredential tells whether a variable holds a credential by its name, given
// a value that does not speak against it.
func (ws *nameWords) nameCredential(name, value string) bool {
	rest, found := ws.in(name)
	if !found || isPlainSetting(value) {
		return false
	}
	about := rest != "" && (isAmount(value) || slices.ContainsFunc(attributes, func(a string) bool {
		return len(rest) >= len(a) && strings.EqualFold(rest[len(rest)-len(a):], a)
	}))
	return !about
}

// attributes are how names end that tell of a credential, and do not hold it.
var attributes = []string{
	"address", "algorithm", "audience", "authentication", "class", "config", "configmap", "dir", "directory", "duration", "encryption",
	"endpoint", "env", "expiration", "expires", "expiry", "field", "file", "filename", "folder", "format", "header", "host", "id",
	"interval", "issuer", "kind", "length", "lifetime", "location", "manager", "method", "mode", "mount", "name", "namespace", "param",
	"path", "pattern", "policy", "prefix", "property", "provider", "ref", "reference", "regex", "region", "role", "rotation", "scope",
	"scopes", "server", "service", "source", "store", "strategy", "suffix", "timeout", "ttl", "type", "uri", "url", "validity", "variable",
	"vault", "version",
}

// isReference tells whether a value is, or is put together from, what is
// written elsewhere: $(VARIABLE), ${variable}, {{ template }}, $variable.
func isReference(value string) bool {
	if name, found := strings.CutPrefix(value, "$"); found && strings.Trim(name, identifier) == "" {
		return true
	}
	return strings.Contains(value, "$(") || strings.Contains(value, "${") || strings.Contains(value, "{{")
}

const identifier = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-"

// isPlainSetting tells whether a value says of itself that it is no credential
// but a switch, or tells where one is: a file, an address, or a place in a vault.
func isPlainSetting(value string) bool {
	value = strings.TrimSpace(value)
	for _, start := range [...]string{"/", "./", "../", "~/", "file:", "env:", "arn:", "vault:", "ssm:", "secretref:", "projects/", "<", "@Microsoft.KeyVault("} {
		if strings.HasPrefix(value, start) {
			return true
		}
	}
	for _, end := range [...]string{".pem", ".key", ".crt", ".json", ".yaml", ".yml", ".txt", ".p12", ".pfx", ".jks", ".pub", ".env"} {
		if strings.HasSuffix(value, end) {
			return true
		}
	}
	onDrive := len(value) > 2 && isLetter(value[0]) && value[1] == ':' && value[2] == '\\'
	return isSwitch(value) || onDrive || strings.Trim(value, "*") == "" || strings.Contains(value, "://") || isReference(value)
}

// isAmount tells whether a value is a number or a duration.
func isAmount(value string) bool {
	return strings.TrimLeft(strings.TrimRight(value, "smhdkKMGi"), "0123456789.") == ""
}
