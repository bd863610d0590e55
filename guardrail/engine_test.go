package guardrail

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// request is a review as an API server would send it, told in YAML.
type request struct {
	operation   admissionv1.Operation // CREATE when left out
	namespace   string                // shop when left out, none when -
	object, old string
	subresource string
	resource    string // as the kind says when left out
	user        string
}

func (q request) review(t *testing.T) *workload.Review {
	t.Helper()
	raw := func(text string) []byte {
		if text == "" {
			return nil
		}
		b, err := yaml.YAMLToJSON([]byte(text))
		require.NoError(t, err)
		return b
	}
	var head struct{ APIVersion, Kind string }
	require.NoError(t, yaml.Unmarshal([]byte(q.object+q.oldIfAlone()), &head))
	gvk := schema.FromAPIVersionAndKind(head.APIVersion, head.Kind)
	resource, _ := workload.ResourceFor(gvk)
	if q.resource != "" {
		resource.Resource = q.resource
	}
	if q.operation == "" {
		q.operation = admissionv1.Create
	}
	switch q.namespace {
	case "":
		q.namespace = "shop"
	case "-":
		q.namespace = ""
	}
	r, err := workload.NewReview(&admissionv1.AdmissionRequest{
		UID: "u", Kind: metav1.GroupVersionKind(gvk), Resource: metav1.GroupVersionResource(resource),
		SubResource: q.subresource, Namespace: q.namespace, Operation: q.operation, UserInfo: userCalled(q.user),
		Object: runtime.RawExtension{Raw: raw(q.object)}, OldObject: runtime.RawExtension{Raw: raw(q.old)},
	})
	require.NoError(t, err)
	return r
}

func (q request) oldIfAlone() string {
	if q.object == "" {
		return q.old
	}
	return ""
}

// compiled makes a set of YAML documents.
func compiled(t *testing.T, options Options, documents string) *Set {
	t.Helper()
	objects, err := Parse("test", []byte(documents))
	require.NoError(t, err)
	set, err := Compile(objects, options)
	require.NoError(t, err)
	return set
}

// evaluated are the findings of a review, as people read them.
func evaluated(t *testing.T, set *Set, q request) []string {
	t.Helper()
	d, err := set.Validate(context.Background(), q.review(t))
	require.NoError(t, err)
	var lines []string
	for _, f := range d.Findings {
		lines = append(lines, string(f.Action)+" "+f.String())
	}
	return lines
}

const (
	latestTag = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {validators: [{name: image-latest-tag}]}
`
	nginxPod = `
apiVersion: v1
kind: Pod
metadata: {name: web, labels: {app: web}}
spec: {containers: [{name: web, image: nginx}]}
`
	nginxDenied = `Deny image-latest-tag: spec.containers[0].image: Invalid value: "nginx": must have a tag other than latest (container "web")`
)

func TestActions(t *testing.T) {
	for _, action := range []string{"Deny", "Warn", "Audit"} {
		set := compiled(t, Options{}, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {validators: [{name: image-latest-tag, action: `+action+`}]}
`)
		d, err := set.Validate(context.Background(), request{object: nginxPod}.review(t))
		require.NoError(t, err)
		require.Len(t, d.Findings, 1)
		assert.EqualValues(t, action, d.Findings[0].Action)
		assert.Equal(t, action == "Deny", d.Denied())
	}
}

func TestMatch(t *testing.T) {
	namespaces := map[string]map[string]string{"shop": {"team": "a"}, "bank": {"team": "b"}}
	options := Options{Cluster: workload.Cluster{Namespace: func(_ context.Context, name string) (*metav1.PartialObjectMetadata, error) {
		if namespaces[name] == nil {
			return nil, nil
		}
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: namespaces[name]}}, nil
	}}}
	guardrail := func(match string) string {
		return `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {match: ` + match + `, validators: [{name: image-latest-tag}]}
`
	}
	deployment := func(labels, templateLabels string) string {
		return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: ` + labels + `}
spec:
  template:
    metadata: {labels: ` + templateLabels + `}
    spec: {containers: [{name: web, image: nginx}]}
`
	}
	for _, test := range []struct {
		name, match string
		request     request
		want        bool
	}{
		{"no selector", `{}`, request{object: nginxPod}, true},
		{"empty selectors", `{namespaceSelector: {}, objectSelector: {}}`, request{object: nginxPod}, true},
		{"a namespace that is selected", `{namespaceSelector: {matchLabels: {team: a}}}`, request{object: nginxPod}, true},
		{"another namespace", `{namespaceSelector: {matchLabels: {team: a}}}`, request{object: nginxPod, namespace: "bank"}, false},
		{"a namespace that nothing is known of", `{namespaceSelector: {matchLabels: {team: a}}}`, request{object: nginxPod, namespace: "new"}, true},
		{"an object that is selected", `{objectSelector: {matchLabels: {app: web}}}`, request{object: nginxPod}, true},
		{"another object", `{objectSelector: {matchLabels: {app: db}}}`, request{object: nginxPod}, false},
		{
			"an update that takes the label away", `{objectSelector: {matchLabels: {app: web}}}`,
			request{operation: admissionv1.Update, object: "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: web, image: nginx}]}", old: nginxPod},
			true,
		},
		{"a template whose Pods are selected", `{objectSelector: {matchLabels: {app: web}}}`, request{object: deployment("{}", "{app: web}")}, true},
		{"a Deployment that is selected, whose Pods are not", `{objectSelector: {matchLabels: {app: web}}}`, request{object: deployment("{app: web}", "{}")}, false},
		{"a template whose Pods are exempt", `{objectSelector: {matchExpressions: [{key: exempt, operator: DoesNotExist}]}}`, request{object: deployment("{}", "{exempt: 'true'}")}, false},
		{"a Deployment that is exempt, whose Pods are not", `{objectSelector: {matchExpressions: [{key: exempt, operator: DoesNotExist}]}}`, request{object: deployment("{exempt: 'true'}", "{}")}, true},
		{"a template, where the Pods of a Deployment are left out", `{objectSelector: {matchExpressions: [{key: pod-template-hash, operator: DoesNotExist}]}}`, request{object: deployment("{}", "{}")}, false},
		{"a Deployment that is not", `{objectSelector: {matchLabels: {app: web}}}`, request{object: deployment("{}", "{}")}, false},
		{"both selectors, one of which fails", `{namespaceSelector: {matchLabels: {team: a}}, objectSelector: {matchLabels: {app: db}}}`, request{object: nginxPod}, false},
		{"an excluded namespace", `{}`, request{object: nginxPod, namespace: "kube-system"}, false},
		{"taffrail's own namespace", `{}`, request{object: nginxPod, namespace: "taffrail-system"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, len(evaluated(t, compiled(t, options, guardrail(test.match)), test.request)) > 0)
		})
	}
}

func TestANamespaceThatCannotBeReadRefusesAndSkips(t *testing.T) {
	set := compiled(t, Options{Cluster: workload.Cluster{Namespace: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
		return nil, errors.New("timeout")
	}}}, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec:
  match: {namespaceSelector: {matchLabels: {team: a}}}
  mutators: [{name: default-resource-requests}]
  validators: [{name: image-latest-tag}]
`)
	_, err := set.Validate(context.Background(), request{object: nginxPod}.review(t))
	require.EqualError(t, err, `looking up namespace "shop": timeout`)
	m := set.Mutate(context.Background(), request{object: nginxPod}.review(t))
	assert.Empty(t, m.Patch)
	require.Len(t, m.Errors, 1)
}

func TestAnUpdateIsNotBlockedByWhatWasThere(t *testing.T) {
	set := compiled(t, Options{}, latestTag)
	two := func(first, second string) string {
		return `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [` + first + `, ` + second + `]}}}
`
	}
	web, db, dbTagged := "{name: web, image: nginx}", "{name: db, image: postgres}", "{name: db, image: 'postgres:17'}"
	at := func(i, image, container string) string {
		return ` image-latest-tag: spec.template.spec.containers[` + i + `].image: Invalid value: "` + image + `": must have a tag other than latest (container "` + container + `")`
	}
	before := "; it was so before, so it passes"
	for _, test := range []struct {
		name, old, object string
		want              []string
	}{
		{"the same finding", two(web, dbTagged), two(web, dbTagged), []string{"Warn" + at("0", "nginx", "web") + before}},
		{"the same finding in another place", two(web, dbTagged), two(dbTagged, web), []string{"Warn" + at("1", "nginx", "web") + before}},
		{"a second container that breaks the same check", two(web, dbTagged), two(web, db), []string{"Warn" + at("0", "nginx", "web") + before, "Deny" + at("1", "postgres", "db")}},
		{"another bad value in the same place", two(web, dbTagged), two("{name: web, image: httpd}", dbTagged), []string{"Deny" + at("0", "httpd", "web")}},
		{"a finding that is gone", two(web, dbTagged), two("{name: web, image: 'nginx:1'}", dbTagged), nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, evaluated(t, set, request{operation: admissionv1.Update, old: test.old, object: test.object}))
		})
	}
}

func TestEnforceFrom(t *testing.T) {
	document := `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {validators: [{name: image-latest-tag, enforceFrom: "2027-01-15"}]}
`
	at := func(date string) Options {
		return Options{Now: func() time.Time { now, _ := time.Parse(time.RFC3339, date); return now }}
	}
	assert.Equal(t, []string{"Warn" + nginxDenied[len("Deny"):] + "; from 2027-01-15 this is refused"},
		evaluated(t, compiled(t, at("2027-01-14T23:59:59Z"), document), request{object: nginxPod}))
	assert.Equal(t, []string{nginxDenied},
		evaluated(t, compiled(t, at("2027-01-15T00:00:00Z"), document), request{object: nginxPod}))
}

func TestDeletionsAndConnectionsAreNotEvaluatedByChecksOfPods(t *testing.T) {
	set := compiled(t, Options{}, latestTag)
	assert.Empty(t, evaluated(t, set, request{operation: admissionv1.Delete, old: nginxPod}))
	assert.Empty(t, evaluated(t, set, request{operation: admissionv1.Connect, subresource: "exec", object: "apiVersion: v1\nkind: PodExecOptions"}))
}

func TestSubresources(t *testing.T) {
	set := compiled(t, Options{}, latestTag)
	changed := `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: 'nginx:1'}], ephemeralContainers: [{name: debug, image: busybox}]}
`
	old := `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: web, image: 'nginx:1'}]}
`
	for subresource, want := range map[string]int{"": 1, "ephemeralcontainers": 1, "resize": 1, "one-of-tomorrow": 1, "status": 0} {
		found := evaluated(t, set, request{operation: admissionv1.Update, subresource: subresource, object: changed, old: old})
		assert.Len(t, found, want, "subresource %q", subresource)
	}
}

func TestACheckThatPanicsRefuses(t *testing.T) {
	set := compiled(t, Options{}, latestTag)
	v := &set.guardrails[0].validators[0]
	v.check = &catalogued{resources: v.resources, validate: func(*workload.Review) []validators.Finding { panic("boom") }}
	d, err := set.Validate(context.Background(), request{object: nginxPod}.review(t))
	require.NoError(t, err)
	assert.True(t, d.Denied())
	assert.Contains(t, d.Denial(), "- image-latest-tag: Internal error: must be evaluated, but the check failed on it")
	require.Len(t, d.Errors, 1)
	require.ErrorContains(t, d.Errors[0], "guardrail g: check image-latest-tag panicked: boom")

	d, err = set.Validate(context.Background(), request{operation: admissionv1.Update, old: nginxPod, object: nginxPod}.review(t))
	require.NoError(t, err)
	assert.True(t, d.Denied(), "it was not there before only because the check failed before")
}

func TestADenialIsBounded(t *testing.T) {
	containers := ""
	for i := range 40 {
		containers += "{name: c" + string(rune('a'+i%26)) + string(rune('a'+i/26)) + ", image: nginx},"
	}
	d, err := compiled(t, Options{}, latestTag).Validate(context.Background(), request{object: `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [` + containers + `]}
`}.review(t))
	require.NoError(t, err)
	assert.Contains(t, d.Denial(), "\n- and 15 more\n")
}

// userCalled is a user as an API server knows them: a service account is of the group of its
// Namespace.
func userCalled(name string) authenticationv1.UserInfo {
	user := authenticationv1.UserInfo{Username: name}
	if account, found := strings.CutPrefix(name, "system:serviceaccount:"); found {
		namespace, _, _ := strings.Cut(account, ":")
		user.Groups = []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace}
	}
	return user
}
