package page

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
)

func TestTheDiffOfAFinding(t *testing.T) {
	for name, test := range map[string]struct {
		path, message string
		fix           []workload.Operation
		want          string
	}{
		"a value that is replaced": {
			"spec.template.spec.containers[0].image", `Invalid value: "k8s.gcr.io/web:1": must not be from k8s.gcr.io (container "web")`,
			[]workload.Operation{{Op: "replace", Path: "/spec/template/spec/containers/0/image", Value: "registry.k8s.io/web:1"}},
			`
  spec:
    template:
      spec:
        containers:
        - name: web
-         image: k8s.gcr.io/web:1
+         image: registry.k8s.io/web:1
`,
		},
		"what is missing is added with its parents": {
			"spec.containers[0].securityContext.runAsNonRoot", `Required value: must be true (container "web")`,
			[]workload.Operation{{Op: "add", Path: "/spec/containers/0/securityContext", Value: map[string]any{"runAsNonRoot": true}}},
			`
  spec:
    containers:
    - name: web
+     securityContext:
+       runAsNonRoot: true
`,
		},
		"what is removed and not named is left out": {
			"spec.ports", "Forbidden: must not be set",
			[]workload.Operation{{Op: "remove", Path: "/spec/ports"}},
			`
  spec:
-   ports: …
`,
		},
		"a value that is said by what it must not be": {
			"spec.hostNetwork", "Forbidden: must not be true (baseline, hostNamespaces)",
			[]workload.Operation{{Op: "add", Path: "/spec/hostNetwork", Value: false}},
			`
  spec:
-   hostNetwork: true
+   hostNetwork: false
`,
		},
		"a default that nobody wrote does not go": {
			"spec.replicas", "Invalid value: 1 (the default): must be at least 2",
			[]workload.Operation{{Op: "add", Path: "/spec/replicas", Value: 2}},
			`
  spec:
+   replicas: 2
`,
		},
		"several changes share what is above them": {
			"spec.serviceAccount", `Invalid value: "web": must be serviceAccountName`,
			[]workload.Operation{{Op: "remove", Path: "/spec/serviceAccount"}, {Op: "add", Path: "/spec/serviceAccountName", Value: "web"}},
			`
  spec:
-   serviceAccount: web
+   serviceAccountName: web
`,
		},
		"an item of a list": {
			"spec.containers[1].env[2]", `Duplicate value: "A": must be set once (container "web")`,
			[]workload.Operation{{Op: "remove", Path: "/spec/containers/1/env/2"}},
			`
  spec:
    containers:
    - name: web
      env:
-     - A
`,
		},
		"no fix, and a value": {
			"spec.containers[0].image", `Invalid value: "nginx": must have a tag other than latest (container "web")`, nil, `
  spec:
    containers:
    - name: web
!     image: nginx
`,
		},
		"no fix, and no value": {
			"metadata.labels[taffrail.dev/team]", "Required value: must be set", nil, `
  metadata:
    labels:
!     taffrail.dev/team: # not set
`,
		},
		"a map": {
			"spec.template.metadata.labels", `Invalid value: {"app":"shop"}: must be selected by spec.selector`, nil, `
  spec:
    template:
      metadata:
!       labels:
!         app: shop
`,
		},
		"a list within a list": {
			"spec.ingress[0].from[1]", "Forbidden: must not be everybody", nil, `
  spec:
    ingress:
    - # ingress[0]
      from:
!     - …
`,
		},
		"no path": {"", "must not exist", nil, ""},
		"a label that would be markup, or another line": {
			"metadata.labels[a\nb: c]", `Invalid value: "<script>\nx: y": must be a name`, nil, `
  metadata:
    labels:
!     "a\nb: c": "\u003cscript\u003e\nx: y"
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := &audit.Result{Result: report.Result{Path: test.path, Message: test.message, Fix: test.fix}}
			var b strings.Builder
			for _, l := range diffOf(r) {
				b.WriteString(strings.TrimSuffix(string(l.mark)+" "+l.text, " ") + "\n")
			}
			want := strings.TrimPrefix(test.want, "\n")
			assert.Equal(t, want, b.String())
		})
	}
}

func TestWhatMustBe(t *testing.T) {
	for message, want := range map[string]string{
		`Invalid value: "must: must x": must be at least 2`:  "must be at least 2",
		"Invalid value: 1 (the default): must be at least 2": "must be at least 2",
		"Forbidden: must not be true (baseline)":             "must not be true (baseline)",
		"Required value: must be set":                        "must be set",
		"must not exist":                                     "must not exist",
		"is wrong":                                           "is wrong",
	} {
		assert.Equal(t, want, must(message))
	}
}
