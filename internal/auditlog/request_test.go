package auditlog

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
)

func parsed(t *testing.T, text string) *Event {
	t.Helper()
	e, err := parse([]byte(text), func(*Event) bool { return true })
	require.NoError(t, err)
	return e
}

func requested(t *testing.T, text string) *admissionv1.AdmissionRequest {
	t.Helper()
	request, reason := parsed(t, text).Request()
	require.Empty(t, reason)
	return request
}

func TestARequestIsWhatAdmissionSaw(t *testing.T) {
	r := requested(t, event())
	assert.Equal(t, admissionv1.Create, r.Operation)
	assert.Equal(t, "Pod", r.Kind.Kind)
	assert.Equal(t, "pods", r.Resource.Resource)
	assert.Equal(t, "shop/web", r.Namespace+"/"+r.Name)
	assert.Equal(t, "alice", r.UserInfo.Username)
	assert.False(t, *r.DryRun)
	assert.JSONEq(t, `{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web"}}`, string(r.Object.Raw))
	assert.JSONEq(t, `{"apiVersion":"meta.k8s.io/v1","kind":"CreateOptions"}`, string(r.Options.Raw))
}

func TestAnImpersonatedUserIsTheSender(t *testing.T) {
	r := requested(t, event(`"user":{"username":"alice"}`, `"user":{"username":"alice"},"impersonatedUser":{"username":"bob","groups":["devs"]}`))
	assert.Equal(t, "bob", r.UserInfo.Username)
	assert.Equal(t, []string{"devs"}, r.UserInfo.Groups)
}

func TestADryRunIsOne(t *testing.T) {
	r := requested(t, event(`shop/pods"`, `shop/pods?dryRun=All&fieldManager=kubectl"`))
	assert.True(t, *r.DryRun)
	assert.JSONEq(t, `{"apiVersion":"meta.k8s.io/v1","kind":"CreateOptions","dryRun":["All"],"fieldManager":"kubectl"}`, string(r.Options.Raw))
}

func TestANamespaceIsInItself(t *testing.T) {
	r := requested(t, event(`"resource":"pods","namespace":"shop","name":"web"`, `"resource":"namespaces","name":"shop"`,
		`{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web"}}`, `{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"shop"}}`))
	assert.Equal(t, "shop", r.Namespace)
}

func TestWhatHasNoNameYetHasNone(t *testing.T) {
	r := requested(t, event(`,"name":"web"`, "", `{"name":"web"}`, `{"generateName":"web-"}`))
	assert.Empty(t, r.Name)
}

func TestConnectionsHaveTheirOptionsInTheURI(t *testing.T) {
	tests := []struct{ name, resource, sub, query, want string }{
		{"exec", "pods", "exec", "command=sh&command=-c&container=web&stdin=true&stdout=true&tty=true", `{"apiVersion":"v1","kind":"PodExecOptions","command":["sh","-c"],"container":"web","stdin":true,"stdout":true,"tty":true}`},
		{"attach", "pods", "attach", "stderr=1", `{"apiVersion":"v1","kind":"PodAttachOptions","stderr":true}`},
		{"port-forward", "pods", "portforward", "", `{"apiVersion":"v1","kind":"PodPortForwardOptions"}`},
		{"a proxy", "services", "proxy", "path=/metrics", `{"apiVersion":"v1","kind":"ServiceProxyOptions","path":"/metrics"}`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := event(`"resource":"pods"`, `"resource":"`+test.resource+`","subresource":"`+test.sub+`"`, `shop/pods"`, `shop/`+test.resource+`/web/`+test.sub+`?`+test.query+`"`,
				`"code":201`, `"code":500`, `"requestObject":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web"}},`, "")
			r := requested(t, text)
			assert.Equal(t, admissionv1.Connect, r.Operation)
			assert.JSONEq(t, test.want, string(r.Object.Raw))
			assert.Nil(t, r.Options.Raw)
		})
	}
}

func TestWhyARequestCannotBeMadeAgain(t *testing.T) {
	body := `"requestObject":{"kind":"Pod","apiVersion":"v1","metadata":{"name":"web"}},`
	failed := func(code, message string) []string {
		return []string{`"code":201`, `"message":"` + message + `","code":` + code}
	}
	tests := []struct {
		name   string
		change []string
		want   Reason
	}{
		{"a patch", []string{`"create"`, `"patch"`}, Patched},
		{"a deletion", []string{`"create"`, `"delete"`}, Deleted},
		{"the deletion of many", []string{`"create"`, `"deletecollection"`}, Deleted},
		{"truncated", []string{body, "", `"code":201},`, `"code":201},"annotations":{"audit.k8s.io/truncated":"true"},`}, Truncated},
		{"no rights", []string{body, "", `"code":201},`, `"code":403},"annotations":{"authorization.k8s.io/decision":"forbid"},`}, Forbidden},
		{"level Metadata", []string{`"level":"Request"`, `"level":"Metadata"`, body, ""}, NoBody},
		{"no body", []string{body, ""}, NoBody},
		{"a conflict", failed("409", "the object has been modified"), Failed},
		{"invalid", failed("422", "spec: Required value"), Failed},
		{"no body and failed", []string{body, "", `"code":201`, `"code":400`}, Failed},
		{"an object without a kind", []string{`{"kind":"Pod",`, `{`}, Malformed},
		{"admission refused it", failed("403", "pods is forbidden: violates PodSecurity"), ""},
		{"a webhook refused it with a code of its own", failed("400", `admission webhook \"validate.kyverno.svc-fail\" denied the request`), ""},
		{"a policy refused it", failed("422", `ValidatingAdmissionPolicy 'a' with binding 'b' denied request`), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, reason := parsed(t, event(test.change...)).Request()
			assert.Equal(t, test.want, reason)
			assert.NotEmpty(t, reason.About())
		})
	}
}

func TestWhatARequestHasLeftBehind(t *testing.T) {
	assert.Contains(t, string(parsed(t, event()).Left()), `"name":"web"`)
	answered := parsed(t, event(`"stageTimestamp"`, `"responseObject":{"kind":"Pod","metadata":{"name":"web-x7k"}},"stageTimestamp"`))
	assert.Contains(t, string(answered.Left()), `"web-x7k"`, "what the API server has answered is what is there")
	partial := parsed(t, event(`"stageTimestamp"`, `"responseObject":{"kind":"PartialObjectMetadata"},"stageTimestamp"`))
	assert.Contains(t, string(partial.Left()), `"Pod"`)
}

// The reasons are a part of the JSON form of a plan.
func TestReasonsAreWords(t *testing.T) {
	for _, reason := range []Reason{Patched, Deleted, Truncated, Forbidden, NoBody, Failed, Converted, Foreign, Unreadable, Malformed} {
		text, err := json.Marshal(reason)
		require.NoError(t, err)
		assert.Regexp(t, `^"[a-zA-Z]+"$`, string(text))
		assert.False(t, strings.HasSuffix(reason.About(), "."), reason.About())
	}
}
