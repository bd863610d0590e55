package validators

import (
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "literal-secret-in-env",
	Summary: "environment variables whose literal value is a credential, by its name or by its look",
	Doc: `
A password in a manifest is in Git, in the history of the Deployment, in the
answer to kubectl get, and in every backup of these. All who may read Pods, many
more than may read Secrets, have it.

    env:
    - name: DB_PASSWORD
      valueFrom:
        secretKeyRef: {name: db, key: password}

A password that has been in a manifest is known: change it.

A variable is checked by its name (DB_PASSWORD, apiKey, GITHUB_TOKEN) and by its
value: private keys, keys of AWS, tokens of GitHub, GitLab, Slack and others,
JSON Web Tokens, URLs and connection strings with a password. By its name alone
nothing is refused that is empty, a switch, a path, a URL or a reference such as
$(PASSWORD), nor what only tells of a credential: PASSWORD_FILE, SECRET_NAME,
TOKEN_URL, TOKEN_TTL.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.Polaris, "sensitiveContainerEnvVar"),
		params.Refs(params.KubeLinter, "env-var-secret"),
	),
	Resources: podsAndTemplates,
	New:       newLiteralSecretInEnv,
})

type literalSecretInEnv struct {
	Names []string `json:"names" doc:"Words that names of credentials hold, in any case, with or without _ - or . between their parts: api_key is in MyApiKey. A star within stands for anything."`
}

func newLiteralSecretInEnv(decode params.Decode) (Validate, error) {
	p := literalSecretInEnv{Names: credentialNames()}
	if err := decode(&p); err != nil {
		return nil, err
	}
	words, mistakes := parseNameWords(p.Names, field.NewPath("names"))
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		for c := range pod.AllContainers() {
			for i := range c.Env {
				name, value := c.Env[i].Name, c.Env[i].Value
				if value == "" {
					continue
				}
				// Neither the detail nor the finding repeats the value: messages go to logs.
				var why string
				if credential := credentialIn(value); credential != "" {
					why = " holds " + credential
				} else if words.nameCredential(name, value) {
					why = " sounds like a credential"
				} else {
					continue
				}
				path := c.Path().Child("env").Item(i, name).Child("value")
				findings = append(findings, forbidden(path, "must come from a Secret: "+name[:min(len(name), 60)]+why).of(c).spans(holds("value", value)))
			}
		}
		return findings
	}), mistakes.ToAggregate()
}
