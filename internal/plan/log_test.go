package plan

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/auditlog"
)

// logged is an event of a request that went well.
func logged(id, verb, resource, namespace, name, object string) string {
	group, version := "", "v1"
	if resource == "deployments" || resource == "replicasets" {
		group = `"apiGroup":"apps",`
	}
	return fmt.Sprintf(`{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Request","auditID":%q,"stage":"ResponseComplete","requestURI":"/x","verb":%q,`+
		`"user":{"username":"alice"},"objectRef":{"resource":%q,"namespace":%q,"name":%q,%s"apiVersion":%q},"responseStatus":{"code":200},"requestObject":%s}`+"\n",
		id, verb, resource, namespace, name, group, version, object)
}

func deploymentOf(name, image string) string {
	return fmt.Sprintf(`{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":%q},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"a","image":%q}]}}}}`, name, image)
}

func podOf(meta string) string {
	return `{"apiVersion":"v1","kind":"Pod","metadata":{` + meta + `},"spec":{"containers":[{"name":"a","image":"nginx"}]}}`
}

func replayed(t *testing.T, to *Side, o LogOptions, log string) *Plan {
	t.Helper()
	p, err := AuditLog(context.Background(), none(), to, o, strings.NewReader(log))
	require.NoError(t, err)
	return p
}

// refusals are the IDs of the requests, by what becomes different of them.
func refusals(p *Plan) map[What][]string {
	ids := map[What][]string{}
	for i := range p.Changes {
		for _, r := range p.Changes[i].Requests {
			ids[p.Changes[i].What] = append(ids[p.Changes[i].What], r.AuditID)
		}
	}
	return ids
}

func TestAnUpdateIsComparedWithWhatTheLogHasToldBefore(t *testing.T) {
	const good, bad = "nginx:1.27", "nginx"
	put := func(id, name, image string) string {
		return logged(id, "update", "deployments", "shop", name, deploymentOf(name, image))
	}
	create := func(name, image string) string {
		return logged("create-"+name, "create", "deployments", "shop", name, deploymentOf(name, image))
	}
	other := func(verb, name string) string { return logged("other", verb, "deployments", "shop", name, "{}") }
	tests := []struct {
		name, log string
		want      map[What][]string
	}{
		{"good becomes bad", create("a", good) + put("put", "a", bad), map[What][]string{NewlyRefused: {"put"}}},
		{"bad stays bad", create("a", bad) + put("put", "a", bad), map[What][]string{NewlyRefused: {"create-a"}, NewlyWarned: {"put"}}},
		{"unknown becomes bad", put("put", "a", bad), map[What][]string{PerhapsRefused: {"put"}}},
		{"unknown becomes good and then bad", put("first", "a", good) + put("put", "a", bad), map[What][]string{NewlyRefused: {"put"}}},
		{"patched in between", create("a", good) + other("patch", "a") + put("put", "a", bad), map[What][]string{PerhapsRefused: {"put"}}},
		{"another of the same name", create("a", good) + strings.ReplaceAll(put("put", "a", bad), `"shop"`, `"other"`), map[What][]string{PerhapsRefused: {"put"}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := replayed(t, side(t, "new.yaml", only("image-latest-tag", "Deny")), LogOptions{}, test.log)
			assert.Equal(t, test.want, refusals(p))
			assert.Equal(t, len(test.want[NewlyRefused]) > 0, p.Refuses())
		})
	}
}

func TestADryRunLeavesNothingBehind(t *testing.T) {
	dry := strings.Replace(logged("dry", "create", "deployments", "shop", "a", deploymentOf("a", "nginx:1")), `"/x"`, `"/x?dryRun=All"`, 1)
	p := replayed(t, side(t, "new.yaml", only("image-latest-tag", "Deny")), LogOptions{},
		dry+logged("put", "update", "deployments", "shop", "a", deploymentOf("a", "nginx")))
	assert.Equal(t, map[What][]string{PerhapsRefused: {"put"}}, refusals(p))
}

func TestPodsAreCountedToTheirWorkload(t *testing.T) {
	meta := `"generateName":"web-5d4f-","labels":{"pod-template-hash":"5d4f"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-5d4f","uid":"1","controller":true}]`
	log := logged("deployment", "create", "deployments", "shop", "web", deploymentOf("web", "nginx"))
	for i := range 3 {
		log += logged(fmt.Sprint("pod-", i), "create", "pods", "shop", "", podOf(meta))
	}
	p := replayed(t, side(t, "new.yaml", only("image-latest-tag", "Deny")), LogOptions{}, log)
	require.Len(t, p.Changes, 1)
	c := p.Changes[0]
	assert.Equal(t, Workload{"Deployment", "shop", "web"}, c.Workload)
	assert.Equal(t, 4, c.Objects)
	require.Len(t, c.Findings, 1)
	assert.Equal(t, "spec.template.spec.containers[0].image", c.Findings[0].Path, "where somebody can mend it")
}

func TestWhoNoWebhookSeesIsLeftOut(t *testing.T) {
	log := logged("a", "create", "pods", "shop", "a", podOf(`"name":"a"`))
	for _, user := range []string{
		`"username":"system:apiserver"`, `"username":"system:kube-scheduler"`, `"username":"system:node:n1","groups":["system:nodes"]`,
	} {
		p := replayed(t, side(t, "new.yaml", only("image-latest-tag", "Deny")), LogOptions{}, strings.Replace(log, `"username":"alice"`, user, 1))
		assert.Empty(t, p.Changes, user)
		assert.Equal(t, 1, p.Log.Unwanted, user)
	}
}

func TestExcludedNamespacesAreLeftOut(t *testing.T) {
	p := replayed(t, side(t, "new.yaml", only("image-latest-tag", "Deny")), LogOptions{ExcludedNamespaces: []string{"shop"}},
		logged("a", "create", "pods", "shop", "a", podOf(`"name":"a"`))+logged("b", "create", "pods", "other", "b", podOf(`"name":"b"`)))
	assert.Equal(t, map[What][]string{NewlyRefused: {"b"}}, refusals(p))
	assert.Equal(t, 1, p.Log.Unwanted)
}

func TestTheLabelsOfNamespacesDecide(t *testing.T) {
	selects := "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec:\n  match: {namespaceSelector: {matchLabels: {env: prod}}}\n  validators: [{name: image-latest-tag}]\n"
	pod := logged("a", "create", "pods", "shop", "a", podOf(`"name":"a"`))
	namespace := logged("n", "create", "namespaces", "", "shop", `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop","labels":{"env":"dev"}}}`)
	of := func(env string) []metav1.PartialObjectMetadata {
		return []metav1.PartialObjectMetadata{{ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: map[string]string{"env": env}}}}
	}
	tests := []struct {
		name    string
		o       LogOptions
		log     string
		refused bool
		note    string
	}{
		{"nothing is known", LogOptions{}, pod, true, "namespaces taken to match"},
		{"the log tells", LogOptions{}, namespace + pod, false, ""},
		{"a flag tells", LogOptions{NamespaceLabels: map[string]string{"env": "prod"}}, pod, true, ""},
		{"a flag tells another", LogOptions{NamespaceLabels: map[string]string{"env": "dev"}}, pod, false, ""},
		{"a cluster tells", LogOptions{Namespaces: of("dev")}, pod, false, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := replayed(t, side(t, "new.yaml", selects), test.o, test.log)
			assert.Equal(t, test.refused, p.Refuses())
			if notes := strings.Join(p.Notes, "\n"); test.note == "" {
				assert.Empty(t, notes)
			} else {
				assert.Contains(t, notes, test.note)
			}
		})
	}
}

func TestAnotherVersionThanTheWebhookSees(t *testing.T) {
	text := "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec: {rules: [{name: r, resources: [{apiGroups: [example.com], apiVersions: [v2], resources: [things], operations: [CREATE]}], expression: 'false', message: must not}]}\n"
	log := strings.NewReplacer(`"apiVersion":"v1"},"resp`, `"apiGroup":"example.com","apiVersion":"v1"},"resp`).Replace(
		logged("a", "create", "things", "shop", "a", `{"apiVersion":"example.com/v1","kind":"Thing","metadata":{"name":"a"}}`))
	p := replayed(t, side(t, "new.yaml", text), LogOptions{}, log)
	assert.Equal(t, []NotReplayed{{auditlog.Converted, 1, auditlog.Converted.About()}}, p.Log.NotReplayed)
}

// TestALogOfAnySizeFits reads 300 MiB through a pipe: no file, no line of it is kept.
func TestALogOfAnySizeFits(t *testing.T) {
	const bytes, most = 300 << 20, 160 << 20
	padding := `"annotations":{"p":"` + strings.Repeat("x", 32<<10) + `"},`
	from, to := io.Pipe()
	events, created := 0, 0
	go func() {
		written := 0
		for ; written < bytes; events++ {
			name := fmt.Sprintf("web-%d", events)
			object := strings.Replace(deploymentOf(name, "nginx"), `"name":`, padding+`"name":`, 1)
			verb := "list" // as most of a log is
			if events%8 == 0 {
				verb = "create"
				created++
			}
			n, err := io.WriteString(to, logged(name, verb, "deployments", fmt.Sprintf("ns-%d", events%100), name, object))
			if err != nil {
				break
			}
			written += n
		}
		_ = to.Close()
	}()
	runtime.GC()
	watch := &peak{Reader: from}
	p, err := AuditLog(context.Background(), none(), side(t, "new.yaml", only("image-latest-tag", "Deny")), LogOptions{}, watch)
	require.NoError(t, err)
	assert.Equal(t, events, p.Log.Events)
	assert.Equal(t, created, p.Log.Replayed)
	assert.Equal(t, created, p.Summary.Changes[NewlyRefused])
	t.Logf("%d events, %d MiB of heap at the most", events, watch.heap>>20)
	assert.Less(t, watch.heap, uint64(most))
}

// peak looks at the heap each few megabytes.
type peak struct {
	io.Reader
	read int
	heap uint64
}

func (p *peak) Read(b []byte) (int, error) {
	n, err := p.Reader.Read(b)
	if before := p.read; before>>23 != (before+n)>>23 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		p.heap = max(p.heap, m.HeapAlloc)
	}
	p.read += n
	return n, err
}

func TestWhatIsListedIsBounded(t *testing.T) {
	p := newPlan(none(), none())
	c := collect(p)
	for i := range maxWorkloads + 5 {
		s := &subject{workload: Workload{"Pod", "shop", fmt.Sprint(i)}, request: &Request{}}
		for range 2 * maxRequests / (1 + i) {
			c.add(s, []difference{{what: NewlyWarned}})
		}
		c.add(s, []difference{{what: NewlyRefused}})
	}
	c.finish()
	assert.Len(t, p.Changes, maxWorkloads)
	assert.Equal(t, maxWorkloads+5, p.Summary.Changes[NewlyRefused], "all are counted")
	for i := range p.Changes {
		assert.LessOrEqual(t, len(p.Changes[i].Requests), maxRequests)
	}
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	f := newFormer()
	at := func(i int) name { return name{namespace: "shop", name: fmt.Sprint(i)} }
	raw := make([]byte, 1<<20)
	for i := range 100 {
		f.keep(at(i), raw)
		f.keep(at(i), raw) // anew, in the place of the former
	}
	assert.Equal(t, maxFormer, f.bytes)
	assert.Nil(t, f.find(at(0)), "the oldest go first")
	assert.NotNil(t, f.find(at(99)))
	f.forget(at(99))
	assert.Nil(t, f.find(at(99)))
	assert.Equal(t, maxFormer-len(raw), f.bytes)
}
