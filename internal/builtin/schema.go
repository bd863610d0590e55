package builtin

// SchemaName is the name of the check that is made of Fields. Guardrails do not name it: it is
// about what is written in a file, of which a webhook sees nothing any more.
const SchemaName = "schema"

// SchemaSummary says in a line what it finds.
const SchemaSummary = "in `taffrail check`: unknown fields, keys that are there twice, values of the wrong type"

// SchemaPage is what `taffrail explain` says of it.
const SchemaPage = `schema: ` + SchemaSummary + `

Severity: medium. Always on in ` + "`taffrail check`" + `, where it warns; --fail-on warn
makes it fail. No Guardrail names it: an API server has read the object before
any webhook is asked, and what it did not know is gone by then.

A misspelt field is no field: readynessProbe probes nothing. kubectl refuses it
on an API server that validates fields, and other clients (GitOps controllers,
operators, older kubectls) lose it without a word. Of a key that is there twice
the last one counts. A value of another type than its field is refused by every
API server; check leaves it out and evaluates the rest of the object.

The fields are those of the types of Kubernetes that this version of Taffrail
carries (` + "`taffrail version`" + `), in all versions of the API that these have, and of
CustomResourceDefinitions. Kinds of others are not looked at.

Refused:

    apiVersion: v1
    kind: Pod
    metadata:
      name: web
    spec:
      containers:
      - name: web
        image: registry.example.com/web:1.4.2
        readynessProbe:
          httpGet: {port: "8080"}

    spec.containers[0].readynessProbe: Unsupported value: "readynessProbe": must
    be a known field; did you mean "readinessProbe"?
`
