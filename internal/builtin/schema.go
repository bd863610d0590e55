package builtin

import "taffrail.dev/taffrail/guardrail"

// SchemaName is the name of the check that is made of Fields.
const SchemaName = guardrail.Schema

// SchemaSummary says in a line what it finds.
const SchemaSummary = "in check: unknown fields, duplicate keys, values of the wrong type"

// SchemaPage is what `taffrail explain` says of it.
const SchemaPage = `schema: ` + SchemaSummary + `

Severity: medium. On in ` + "`taffrail check`" + `, where it warns unless a Guardrail
names it with another action. It finds nothing in a cluster: an API server has
read the object before any webhook is asked, and what it did not know is gone.

    spec:
      validators:
      - name: schema
        action: Deny

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
