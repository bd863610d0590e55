package kyverno

import (
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/cel"
	"taffrail.dev/taffrail/internal/workload"
)

// random makes Pods and patterns of the same few words, so that they meet.
type random struct{ *rand.Rand }

func (r random) of(words ...any) any { return words[r.IntN(len(words))] }

func (r random) maybe() bool { return r.IntN(2) == 0 }

func (r random) container() map[string]any {
	c := map[string]any{"name": r.of("web", "proxy", "init"), "image": r.of("nginx", "nginx:latest", "ghcr.io/acme/web:1", "ghcr.io/acme/proxy")}
	if r.maybe() {
		c["imagePullPolicy"] = r.of("Always", "IfNotPresent")
	}
	if r.maybe() {
		security := map[string]any{}
		for _, name := range []string{"privileged", "runAsNonRoot"} {
			if r.maybe() {
				security[name] = r.of(true, false)
			}
		}
		if r.maybe() {
			security["capabilities"] = map[string]any{"add": r.of([]any{}, []any{"NET_ADMIN"}, []any{"CHOWN", "NET_ADMIN"}), "drop": []any{"ALL"}}
		}
		c["securityContext"] = security
	}
	if r.maybe() {
		c["resources"] = map[string]any{"limits": map[string]any{"memory": r.of("512Mi", "1Gi", "2Gi"), "cpu": r.of("100m", "1", "2")}}
	}
	if r.maybe() {
		c["ports"] = []any{map[string]any{"containerPort": r.of(int64(80), int64(8080)), "hostPort": r.of(int64(80), int64(9000))}}
	}
	return c
}

func (r random) containers() []any {
	list := []any{}
	for range r.IntN(3) {
		list = append(list, r.container())
	}
	return list
}

func (r random) pod() map[string]any {
	spec := map[string]any{"containers": append(r.containers(), r.container())}
	if r.maybe() {
		spec["initContainers"] = r.containers()
	}
	for _, name := range []string{"hostPID", "hostNetwork"} {
		if r.maybe() {
			spec[name] = r.of(true, false)
		}
	}
	if r.maybe() {
		spec["terminationGracePeriodSeconds"] = r.of(int64(0), int64(30), int64(300))
	}
	meta := map[string]any{"name": "web", "namespace": "shop"}
	if r.maybe() {
		labels := map[string]any{}
		for _, key := range []string{"app", "team"} {
			if r.maybe() {
				labels[key] = r.of("web", "", "shop")
			}
		}
		meta["labels"] = labels
	}
	return map[string]any{"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
}

func (r random) text() any {
	return r.of("?*", "*", "web", "!web", "web|shop", "nginx*", "!*:latest", "*:*", "ghcr.io/*/web:?", "n?inx & !*:latest", "Always", "false", "true")
}

func (r random) amount() any {
	return r.of("<=1Gi", ">512Mi", "1Gi", "!1Gi", "1024Mi", "512Mi-1Gi", "1Gi!-2Gi", "<2", ">=100m", "1000m", "0", int64(1), "?*")
}

func (r random) number() any {
	return r.of("<=60", ">10", "30", "!30", "0-30", "10!-60", int64(30), int64(80), "80 | 8080", ">=80 & <9000", "<1m")
}

func (r random) anchored(name string) string {
	return r.of(name, name, "=("+name+")").(string)
}

func (r random) containerPattern() map[string]any {
	p := map[string]any{}
	if r.maybe() {
		p["("+r.of("name", "image").(string)+")"] = r.text()
	} else if r.IntN(4) == 0 {
		p["<(image)"] = r.text()
	}
	if r.maybe() {
		p[r.anchored("image")] = r.text()
	}
	if r.IntN(3) == 0 {
		p[r.anchored("imagePullPolicy")] = r.text()
	}
	if r.IntN(3) == 0 {
		p[r.anchored("securityContext")] = map[string]any{
			r.anchored("privileged"): r.of(true, false, "true", "false"), r.of("X(capabilities)", "=(runAsNonRoot)").(string): r.of("null", true),
		}
	}
	if r.IntN(3) == 0 {
		p["=(securityContext)"] = map[string]any{"=(capabilities)": map[string]any{r.anchored("add"): r.of("NET_ADMIN", "!NET_ADMIN", []any{"CHOWN|NET_ADMIN"})}}
	}
	if r.IntN(3) == 0 {
		p[r.anchored("resources")] = map[string]any{r.anchored("limits"): map[string]any{r.anchored("memory"): r.amount(), r.anchored("cpu"): r.amount()}}
	}
	if r.IntN(3) == 0 {
		p[r.anchored("ports")] = []any{map[string]any{r.anchored("hostPort"): r.number()}}
	}
	if len(p) == 0 {
		p["name"] = r.text()
	}
	return p
}

func (r random) pattern() map[string]any {
	spec := map[string]any{r.of("containers", "containers", "^(containers)").(string): []any{r.containerPattern()}}
	if r.IntN(4) == 0 {
		inner := r.containerPattern()
		for key := range inner { // what skips under =() is translated by its intent: see the fixtures
			if kind, _ := anchor(key); kind == "(" || kind == "<(" {
				delete(inner, key)
			}
		}
		inner["name"] = r.text()
		spec["=(initContainers)"] = []any{inner}
	}
	if r.maybe() {
		spec[r.of("=(hostPID)", "hostPID", "X(hostPID)", "(hostPID)", "<(hostPID)").(string)] = r.of("false", "true", true, false)
	}
	if r.maybe() {
		spec[r.anchored("terminationGracePeriodSeconds")] = r.of(r.number(), nil)
	}
	p := map[string]any{"spec": spec}
	if r.maybe() {
		p[r.anchored("metadata")] = map[string]any{r.anchored("labels"): map[string]any{r.of("app", "=(app)", "X(team)").(string): r.text(), r.of("team", "<(team)").(string): r.text()}}
		if below, is := p["=(metadata)"]; is { // so is this
			delete(p, "=(metadata)")
			p["metadata"] = below
		}
	}
	return p
}

// For random Pods and patterns the expression and the interpreter agree.
func TestAPatternAndItsExpressionAgree(t *testing.T) {
	r := random{rand.New(rand.NewPCG(16, 2026))}
	admitted, compiled := 0, 0
	for range 600 {
		p := r.pattern()
		intent := false
		c := compiler{differs: func(string) { intent = true }}
		verdict, err := c.pattern(p, value{"object", false})
		require.NoError(t, err)
		if intent {
			continue
		}
		if len(verdict.admits) > 8192 { // what becomes of that is in the fixtures
			continue
		}
		compiled++
		rule, mistakes := cel.CompileRule(&v1alpha1.Rule{Name: "pattern", Expression: verdict.admits, Message: "refused"}, field.NewPath("rule"))
		require.NoError(t, mistakes.ToAggregate(), "%v\n%s", p, verdict.admits)
		for range 20 {
			pod := r.pod()
			want := interpret(p, pod) != fails
			message, err := rule.Evaluate(t.Context(), review(t, pod), cel.NewBudget())
			require.Equal(t, want, err == nil && message == "", "pattern %s\npod %s\nexpression %s\n%v", written(p), written(pod), verdict.admits, err)
			if want {
				admitted++
			}
		}
	}
	require.Greater(t, compiled, 300)
	require.Greater(t, admitted, compiled*2, "patterns that admit nothing prove nothing")
	require.Less(t, admitted, compiled*18, "nor do those that admit all")
}

func review(t *testing.T, pod map[string]any) *workload.Review {
	t.Helper()
	raw, err := json.Marshal(pod)
	require.NoError(t, err)
	r, err := workload.NewReview(&admissionv1.AdmissionRequest{
		Kind: metav1.GroupVersionKind{Version: "v1", Kind: "Pod"}, Resource: metav1.GroupVersionResource{Version: "v1", Resource: "pods"},
		Name: "web", Namespace: "shop", Operation: admissionv1.Create, Object: runtime.RawExtension{Raw: raw},
	})
	require.NoError(t, err)
	return r
}
