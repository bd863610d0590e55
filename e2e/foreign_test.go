//go:build e2e && !kind

package e2e

import "testing"

const rolloutDefinition = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: rollouts.argoproj.io}
spec:
  group: argoproj.io
  scope: Namespaced
  names: {kind: Rollout, plural: rollouts, singular: rollout}
  versions:
  - {name: v1alpha1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
`

const rollout = `
apiVersion: argoproj.io/v1alpha1
kind: Rollout
metadata: {name: web}
spec:
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: web, image: "registry.example.com/web:v1", securityContext: {privileged: true}}
`

// The webhook configurations send what other systems make Pods of, and its template is evaluated.
func TestATemplateOfAnotherSystemIsRefused(t *testing.T) {
	parallel(t)
	namespace := cluster(t).namespace(t)
	cluster(t).kubectl(t, rolloutDefinition, "apply", "-f", "-").mustSucceed(t)
	cluster(t).tidy(t, func() {
		cluster(t).kubectl(t, "", "delete", "customresourcedefinition/rollouts.argoproj.io").mustSucceed(t)
	})
	cluster(t).kubectl(t, "", "wait", "--for=condition=Established", "customresourcedefinition/rollouts.argoproj.io").mustSucceed(t)
	installWebhooks(t, startTaffrail(t, options{}))
	cluster(t).kubectl(t, rollout, "apply", "-n", namespace, "-f", "-").mustFail(t,
		`rollouts.argoproj.io "web" violates 1 check of default:`,
		`pod-security: spec.template.spec.containers[0].securityContext.privileged: Forbidden: must not be true (container "web", baseline, privileged)`)
}
