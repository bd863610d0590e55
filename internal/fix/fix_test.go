package fix

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/check"
)

const deployment = `apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 1 # for now
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      serviceAccount: web # the old name
      containers:
      - name: web
        image: "k8s.gcr.io/web:1.4.2" # pinned
        env:
        - {name: A, value: "1"}
        - {name: A, value: "2"}
`

// everything is a guardrail with a default and checks of every sort of fix.
const everything = `mutators: [{name: default-resource-requests}]
validators:
- name: deprecated-service-account-field
- name: image-registry-denied
- name: duplicate-env
- name: min-replicas
- name: resource-limits
  action: Warn`

func options(t *testing.T, spec string) Options {
	t.Helper()
	return Options{Options: check.Options{Objects: guardrailOf(t, spec)}}
}

// written is a file of a text in a folder of its own.
func written(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "manifest.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestDefaultsAndSafeFixesAreWritten(t *testing.T) {
	one := fixed(t, options(t, everything), written(t, deployment))
	assert.Equal(t, strings.NewReplacer(
		"      serviceAccount: web # the old name\n", "",
		"k8s.gcr.io", "registry.k8s.io",
		`        - {name: A, value: "1"}`+"\n", "",
	).Replace(deployment)+`        resources:
          requests:
            cpu: 100m
            memory: 128Mi
      serviceAccountName: web
`, string(one.After()))
	assert.Equal(t, "1 default and 3 findings", one.Counts())
}

func TestWhatIsLeftSaysWhy(t *testing.T) {
	one := fixed(t, options(t, everything), written(t, deployment))
	require.Len(t, one.Left, 2)
	assert.Contains(t, one.LeftLines(false)[0], `manifest.yaml:5:3: Deny min-replicas: deployments.apps "web": spec.replicas: Invalid value: 1 (the default): must be at least 2; --unsafe fixes it`)
	assert.Regexp(t, `must be set to more than 0 \(container "web"\)$`, one.LeftLines(false)[1], "nobody knows how much it needs")
}

func TestUnsafeFixesAreMadeWhenAskedFor(t *testing.T) {
	o := options(t, everything)
	o.Unsafe = true
	one := fixed(t, o, written(t, deployment))
	assert.Contains(t, string(one.After()), "replicas: 2 # for now")
	assert.Len(t, one.Left, 1)
}

func TestOnlyWhatIsNamedIsFixed(t *testing.T) {
	for name, test := range map[string]struct {
		only []string
		want string
		left int
	}{
		"a check":              {[]string{"duplicate-env"}, "1 finding", 0},
		"a default":            {[]string{"default-resource-requests"}, "1 default", 0},
		"both":                 {[]string{"default-resource-requests", "image-registry-denied"}, "1 default and 1 finding", 0},
		"what cannot be":       {[]string{"resource-limits"}, "nothing", 1},
		"what is not safe":     {[]string{"min-replicas"}, "nothing", 1},
		"nothing is all of it": {nil, "1 default and 3 findings", 2},
	} {
		t.Run(name, func(t *testing.T) {
			o := options(t, everything)
			o.Only = test.only
			one := fixed(t, o, written(t, deployment))
			assert.Equal(t, test.want, one.Counts())
			assert.Len(t, one.Left, test.left)
		})
	}
}

func TestAControlAloneIsFixed(t *testing.T) {
	o := options(t, "validators: [{name: pod-security, params: {level: restricted}}]")
	o.Only, o.Unsafe = []string{"pod-security/runAsNonRoot"}, true
	one := fixed(t, o, written(t, deployment))
	assert.Equal(t, "1 finding", one.Counts())
	assert.Contains(t, one.Diff(), "+          runAsNonRoot: true\n")
	assert.NotContains(t, one.Diff(), "seccompProfile")
}

func TestNamesThatAreNone(t *testing.T) {
	for only, want := range map[string]string{
		"duplicate-envs":         `--only "duplicate-envs": must be the name of a check or of a default; did you mean "duplicate-env"?`,
		"pod-security/hostPort":  `--only "pod-security/hostPort": pod-security has no such control; did you mean "hostPorts"?; see ` + "`taffrail explain pod-security`",
		"resource-limits/x":      `--only "resource-limits/x": resource-limits has no such control; see ` + "`taffrail explain resource-limits`",
		"default-dns-ndots":      `--only "default-dns-ndots": no guardrail uses it`,
		"pod-security/hostPorts": `--only "pod-security/hostPorts": no guardrail uses it`,
	} {
		o := options(t, everything)
		o.Only = []string{only}
		_, err := Run(context.Background(), o, strings.NewReader(""), func(*File) {}, written(t, deployment))
		assert.EqualError(t, err, want)
	}
}

// What the guardrails let through stays as it is.
func TestWhatIsExemptStays(t *testing.T) {
	o := options(t, "validators: [{name: image-registry-denied, except: {images: ['k8s.gcr.io/*']}}, {name: duplicate-env}]")
	one := fixed(t, o, written(t, deployment))
	assert.Equal(t, "1 finding", one.Counts())
	assert.Contains(t, string(one.After()), "k8s.gcr.io/web:1.4.2")
	assert.Empty(t, one.Left)
}

func TestNamespacesThatAreNeverMatchedStay(t *testing.T) {
	one := fixed(t, options(t, everything), written(t, strings.Replace(deployment, "namespace: shop", "namespace: kube-system", 1)))
	assert.Empty(t, one.Edits)
	assert.Empty(t, one.Left)
}

// A fix may be what another check or default has waited for.
func TestItIsEvaluatedUntilNothingChanges(t *testing.T) {
	o := options(t, "mutators: [{name: default-security-context, params: {runAsNonRoot: true}}]\nvalidators: [{name: allowed-users, params: {users: [{min: 1, max: 9}]}}, {name: pod-security, params: {level: restricted}}]")
	o.Unsafe = true
	text := "apiVersion: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec:\n  containers:\n  - name: a\n    image: a:1\n    securityContext: {runAsUser: 0, privileged: true}\n"
	file := written(t, text)
	one := fixed(t, o, file)
	require.NoError(t, one.Write())
	assert.Empty(t, fixed(t, o, file).Edits)
	assert.Contains(t, string(one.After()), "allowPrivilegeEscalation: false")
	assert.Contains(t, string(one.After()), "runAsNonRoot: true")
}

func TestHelmTemplatesAreRefused(t *testing.T) {
	for name, text := range map[string]string{
		"what is no YAML":      "kind: Pod\n{{- if .Values.a }}\nspec: {}\n{{- end }}\n",
		"what is YAML, but so": strings.Replace(deployment, `"k8s.gcr.io/web:1.4.2"`, `"{{ .Values.image }}"`, 1),
	} {
		t.Run(name, func(t *testing.T) {
			one := fixed(t, options(t, everything), written(t, text))
			require.Len(t, one.Errors, 1)
			assert.Equal(t, templateAdvice, one.Errors[0].Message)
			assert.Empty(t, one.Edits)
		})
	}
	alerts := deployment + `      - name: alerts
        image: a:1
        args: ["{{ $labels.instance }} is down: {{ $value }}"]
`
	assert.NotEmpty(t, fixed(t, options(t, everything), written(t, alerts)).Edits, "Prometheus has braces, too")
}

// One document that cannot be read, and the file is left as it is.
func TestAFileWithAnErrorIsLeftAlone(t *testing.T) {
	one := fixed(t, options(t, everything), written(t, deployment+"---\na: [\n"))
	assert.Len(t, one.Errors, 1)
	assert.Empty(t, one.Edits)
	one = fixed(t, options(t, everything), written(t, deployment+"---\napiVersion: v1\nkind: Podd\nmetadata: {name: a}\n"))
	assert.NotEmpty(t, one.Errors)
	assert.Empty(t, one.Edits)
}

func TestOfAnAliasEachUseGetsItsOwn(t *testing.T) {
	text := `apiVersion: v1
kind: Pod
metadata: {name: a, namespace: shop}
spec:
  containers:
  - name: a
    image: a:1
    resources: &r
      limits: {memory: 1Gi}
  - name: b
    image: a:1
    resources: *r
`
	one := fixed(t, options(t, "mutators: [{name: default-resource-requests}]"), written(t, text))
	assert.Contains(t, one.Diff(), "+      requests:\n+        cpu: 100m\n")
	assert.Contains(t, string(one.After()), "resources: *r\n", "both get the same, and go on sharing it")
}

func TestDefaultsThatCannotBeWrittenAreTold(t *testing.T) {
	text := "? apiVersion\n: v1\nkind: Pod\nmetadata: {name: a, namespace: shop}\nspec: {containers: [{name: a, image: 'a:1'}]}\n"
	one := fixed(t, options(t, "mutators: [{name: default-resource-requests}]"), written(t, text))
	require.Len(t, one.Left, 1)
	assert.Contains(t, one.LeftLines(true)[0], "default-resource-requests: pods \"a\": must be written by hand; line 1 is written in a form of YAML that cannot be edited")
}

func TestStreamIsOneOfAllDocuments(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"a.yaml": "\uFEFFapiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}", "b.json": `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"}}`,
		"c.yaml": "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n", "values.yaml": "replicas: 1\n",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	result, err := Run(context.Background(), Options{Options: check.Options{Objects: guardrail.Default()}}, nil, func(*File) {}, dir)
	require.NoError(t, err)
	assert.Equal(t, "\uFEFFapiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n"+`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b"}}`+
		"\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n", string(result.Stream()))
	assert.Equal(t, "nothing to fix in 4 files", result.Totals().Text(true))
}

// What is ignored in check is neither fixed nor left.
func TestWhatIsIgnoredStays(t *testing.T) {
	text := strings.Replace(deployment, "# pinned", "# taffrail:ignore image-registry-denied: the mirror is not there yet", 1)
	text = strings.Replace(text, "name: web, namespace: shop", `name: web, namespace: shop, annotations: {ignore.taffrail.dev/duplicate-env: "on purpose"}`, 1)
	one := fixed(t, options(t, everything), written(t, text))
	assert.Equal(t, "1 default and 1 finding", one.Counts())
	assert.Contains(t, string(one.After()), "k8s.gcr.io/web:1.4.2")
	assert.Contains(t, string(one.After()), `{name: A, value: "1"}`)
	for _, line := range one.LeftLines(false) {
		assert.NotRegexp(t, "image-registry-denied|duplicate-env", line)
	}
}
