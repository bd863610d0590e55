package validators

import (
	"slices"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "secret-in-env",
	Summary: "Secrets in environment variables",
	Doc: `
The environment of a process is inherited by all that it starts, is printed by
crash reports and debug pages, and is fixed until the restart: a rotated
password does not arrive.

Mount the Secret as files, which the kubelet keeps up to date:

    volumeMounts: [{name: db, mountPath: /etc/db, readOnly: true}]
    volumes: [{name: db, secret: {secretName: db}}]

and let the application read /etc/db/password. Many images take the path of such
a file from a variable, as in POSTGRES_PASSWORD_FILE.

References that are optional are checked too.
`,
	Severity: Low,
	References: slices.Concat(
		params.Refs(params.CIS, "5.4.1"),
		params.Refs(params.Kyverno, "disallow-secrets-from-env-vars", "disallow-all-secrets"),
		params.Refs(params.KubeLinter, "read-secret-from-env-var"),
	),
	Resources: podsAndTemplates,
	New:       withoutParameters(onPods(mustMountSecrets)),
})

func mustMountSecrets(pod *workload.Pod) (findings []Finding) {
	for c := range pod.AllContainers() {
		add := func(path *workload.Path, secret string) {
			f := forbidden(path, "must not be set: mount the Secret as a file").of(c)
			findings = append(findings, f.spans(holds("secret", secret)))
		}
		for i, env := range c.EnvFrom {
			if env.SecretRef != nil {
				add(c.Path().Child("envFrom").Item(i, "").Child("secretRef"), env.SecretRef.Name)
			}
		}
		for i := range c.Env {
			if from := c.Env[i].ValueFrom; from != nil && from.SecretKeyRef != nil {
				path := c.Path().Child("env").Item(i, c.Env[i].Name).Child("valueFrom", "secretKeyRef")
				add(path, from.SecretKeyRef.Name+"/"+from.SecretKeyRef.Key)
			}
		}
	}
	return findings
}
