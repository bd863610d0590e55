package validators

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "sensitive-config-map",
	Summary: "ConfigMaps that hold credentials",
	Doc: `
ConfigMaps are readable by many more people and programs than Secrets are, are
never encrypted at rest by a rule made for Secrets, and are printed without a
thought.

Put the credential into a Secret, mount it beside the ConfigMap or name it in
the environment, and let the file refer to it:

    password: ${DB_PASSWORD}

Values are checked by their keys (db.password), by their look (private keys,
keys of AWS, tokens of GitHub and others, JSON Web Tokens, URLs with a password)
and, where they are files, line by line alike: name=value, name: value.
What is empty, a switch, a path, a URL or a reference is none. A credential that
was in a ConfigMap is known: change it.
`,
	Severity:   High,
	References: params.Refs(params.Polaris, "sensitiveConfigmapContent"),
	Resources:  []Resource{written(corev1.SchemeGroupVersion, "configmaps")},
	New:        newSensitiveConfigMap,
})

type sensitiveConfigMap struct {
	Patterns []string `json:"patterns" doc:"Words that names of credentials hold, in any case, with or without _ - or . between their parts: api_key is in MyApiKey. A star within stands for anything."`
}

func newSensitiveConfigMap(decode params.Decode) (Validate, error) {
	p := sensitiveConfigMap{Patterns: credentialNames()}
	if err := decode(&p); err != nil {
		return nil, err
	}
	words, mistakes := parseNameWords(p.Patterns, field.NewPath("patterns"))
	return func(r *workload.Review) (findings []Finding) {
		config, ok := r.Object.(*corev1.ConfigMap)
		if !ok {
			return nil
		}
		// No finding repeats the value: messages go to logs.
		for key, value := range config.Data {
			if what := words.credentialIn(key, value); what != "" {
				path := (*workload.Path)(nil).Child("data").Key(key)
				findings = append(findings, forbidden(path, "must be in a Secret: "+what).
					spansLater(func() []part { return []part{words.credentialsIn(key, value)} }))
			}
		}
		for key, value := range config.BinaryData {
			if bytes.Contains(value, []byte("PRIVATE KEY-----")) {
				path := (*workload.Path)(nil).Child("binaryData").Key(key)
				findings = append(findings, forbidden(path, "must be in a Secret: a private key").spans(holds("credentials", privateKeys(string(value))...)))
			}
		}
		slices.SortFunc(findings, func(a, b Finding) int { return cmp.Compare(a.Path.String(), b.Path.String()) })
		return findings
	}, mistakes.ToAggregate()
}

// credentialIn says which credential a value, or a line of it, is, or answers "".
func (ws nameWords) credentialIn(key, value string) string {
	if credential := credentialIn(value); credential != "" {
		return credential
	}
	if !strings.Contains(strings.TrimSpace(value), "\n") && !isExpression(value) && ws.nameCredential(key, value) {
		return "its name sounds like a credential"
	}
	for line := range strings.Lines(value) {
		name, set := setting(line)
		if credential := credentialIn(set); credential != "" {
			return credential
		}
		if name != "" && !isExpression(set) && !namesSecret(name, set) && ws.nameCredential(name, set) {
			return name[:min(len(name), 60)] + " sounds like a credential"
		}
	}
	return ""
}

// namesSecret tells whether a line of a file is the name of a Secret, as objects of Kubernetes are
// written: secret: web-tls.
func namesSecret(name, value string) bool {
	switch name {
	case "secret", "credential", "credentials":
		return strings.Contains(value, "-") && len(validation.IsDNS1123Subdomain(value)) == 0
	}
	return false
}

// credentialsIn are all credentials that a value holds: one more beside is one more,
// and what else is in the same file may change. They are compared and never shown.
func (ws nameWords) credentialsIn(key, value string) part {
	all := privateKeys(value)
	for line := range strings.Lines(value) {
		name, set := setting(line)
		if credentialIn(set) != "" || name != "" && !isExpression(set) && !namesSecret(name, set) && ws.nameCredential(name, set) {
			all = append(all, name+"="+set)
		}
	}
	if len(all) == 0 { // it is one as a whole
		all = append(all, key+"="+value)
	}
	return holds("credentials", all...)
}

// privateKeys are those in a value, each between its BEGIN and its END.
func privateKeys(value string) (keys []string) {
	for i, text := range strings.Split(value, "PRIVATE KEY-----") {
		if i%2 == 1 {
			keys = append(keys, text)
		}
	}
	return keys
}

// setting takes apart a line of a file: name=value, "name": "value",. A line
// that is no setting has no name.
func setting(line string) (name, value string) {
	at := strings.IndexAny(line, "=:")
	if at < 0 || strings.HasPrefix(line[at:], "://") {
		return "", strings.TrimSpace(line)
	}
	name, value = strings.Trim(strings.TrimPrefix(strings.TrimSpace(line[:at]), "export "), `"'- `), strings.Trim(line[at+1:], "\"', \t\r\n")
	if strings.ContainsAny(name, " #;/") {
		name = ""
	}
	return name, value
}

// isExpression tells whether a value is a list, a call or another piece of code.
func isExpression(value string) bool { return strings.ContainsAny(value, "()[]{}<>|") }
