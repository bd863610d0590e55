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
	case isConnectionString(value):
		return "a connection string with a password"
	}
	return ""
}

// connectionKeys are what connection strings call a password or a key.
var connectionKeys = [...]string{"password=", "pwd=", "accountkey=", "sharedaccesskey="}

// isConnectionString tells whether a value is a list of settings, one of which is a password:
// Server=db;Password=x, host=db password=x, jdbc:mysql://db/shop?user=a&password=x. Longer texts are
// files, of which each line is looked at.
func isConnectionString(value string) bool {
	if len(value) > 1024 || strings.Count(value, "=") < 2 || strings.ContainsAny(value, "\r\n#()[]") {
		return false
	}
	for start := range len(value) {
		if start > 0 && strings.IndexByte("; &?", value[start-1]) < 0 {
			continue
		}
		for _, key := range connectionKeys {
			if len(value)-start <= len(key) || !strings.EqualFold(value[start:start+len(key)], key) {
				continue
			}
			set := value[start+len(key):]
			if end := strings.IndexAny(set, "; &"); end >= 0 {
				set = set[:end]
			}
			return set != "" && !isReference(set) && strings.Trim(set, "*") != ""
		}
	}
	return false
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
