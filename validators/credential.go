package validators

import "strings"

// credentialForms are what credentials look like that say themselves what they
// are: how they begin and how long they are at least.
var credentialForms = []struct {
	prefix string
	length int
	name   string
}{
	{"AKIA", 20, "an AWS access key"},
	{"ASIA", 20, "an AWS access key"},
	{"AIza", 39, "a Google API key"},
	{"ghp_", 36, "a GitHub token"},
	{"gho_", 36, "a GitHub token"},
	{"ghu_", 36, "a GitHub token"},
	{"ghs_", 36, "a GitHub token"},
	{"ghr_", 36, "a GitHub token"},
	{"github_pat_", 36, "a GitHub token"},
	{"glpat-", 20, "a GitLab token"},
	{"npm_", 36, "an npm token"},
	{"sk_live_", 24, "a Stripe key"},
	{"rk_live_", 24, "a Stripe key"},
	{"xoxa-", 20, "a Slack token"},
	{"xoxb-", 20, "a Slack token"},
	{"xoxp-", 20, "a Slack token"},
	{"xoxr-", 20, "a Slack token"},
	{"xoxs-", 20, "a Slack token"},
}

// credentialIn names the credential that a value is or holds, or answers "".
func credentialIn(value string) string {
	if strings.Contains(value, "PRIVATE KEY-----") {
		return "a private key"
	}
	value = strings.TrimSpace(value)
	for i := range credentialForms {
		form := &credentialForms[i]
		if len(value) >= form.length && value[0] == form.prefix[0] && strings.HasPrefix(value, form.prefix) && oneWord(value) {
			return form.name
		}
	}
	switch {
	case strings.HasPrefix(value, "eyJ") && strings.Count(value, ".") == 2 && len(value) >= 30 && oneWord(value):
		return "a JSON Web Token"
	case hasPassword(value):
		return "a URL with a password"
	}
	return ""
}

func oneWord(value string) bool { return !strings.ContainsAny(value, " \t\r\n/:$") }

// hasPassword tells whether a value is a URL with a password of its own. One
// that is put together from other variables, $(PASSWORD), has none.
func hasPassword(value string) bool {
	_, rest, _ := strings.Cut(value, "://")
	if end := strings.IndexAny(rest, "/?# "); end >= 0 {
		rest = rest[:end]
	}
	at := strings.LastIndex(rest, "@")
	if at < 0 {
		return false
	}
	_, password, _ := strings.Cut(rest[:at], ":")
	return password != "" && !isReference(password)
}

// isReference tells whether a value is, or is put together from, what is
// written elsewhere: $(VARIABLE), ${variable}, {{ template }}.
func isReference(value string) bool {
	return strings.Contains(value, "$(") || strings.Contains(value, "${") || strings.Contains(value, "{{")
}

// isPlainSetting tells whether a value says of itself that it is no credential
// but a switch, or tells where one is: a file, or an address.
func isPlainSetting(value string) bool {
	value = strings.TrimSpace(value)
	for _, start := range [...]string{"/", "./", "file:", "arn:", "vault:"} {
		if strings.HasPrefix(value, start) {
			return true
		}
	}
	for _, plain := range [...]string{"", "true", "false", "yes", "no", "on", "off", "none", "null", "enabled", "disabled"} {
		if strings.EqualFold(value, plain) {
			return true
		}
	}
	return strings.Contains(value, "://") || isReference(value)
}

// isAmount tells whether a value is a number or a duration.
func isAmount(value string) bool {
	return strings.TrimLeft(strings.TrimRight(value, "smhdkKMGi"), "0123456789.") == ""
}
