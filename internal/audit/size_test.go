package audit

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/uuid"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/workload"
)

var ofPods = &listed{resource: corev1.SchemeGroupVersion.WithResource("pods"), kind: corev1.SchemeGroupVersion.WithKind("Pod"), namespaced: true, evaluated: true}

// largePod is a Pod of 6 KB, as they are in a cluster: one of five of its ReplicaSet, of which there
// are ten in each namespace.
func largePod(i int) []byte {
	set := i / 5
	env := strings.TrimSuffix(strings.Repeat(`{"name":"SETTING_OF_SOME_LENGTH","value":"a-value-of-some-length"},`, 70), ",")
	return fmt.Appendf(nil, `{"metadata":{"name":"web-%d-5d9c7b8f6d-%05x","namespace":"team-%d","uid":%q,"labels":{"app":"web-%[1]d"},
		"ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"web-%[1]d-5d9c7b8f6d","uid":"b6b46d37-7d4c-4a86-9d3e-%012[1]d","controller":true}]},
		"spec":{"containers":[{"name":"web","image":"registry.example.com/web:1.%[1]d","env":[%[5]s]},{"name":"agent","image":"nginx:latest"}]}}`,
		set, i, set/10, uuid.NewUUID(), env)
}

// holding evaluates Pods by the built-in default, and tells how many bytes each takes.
func holding(t testing.TB, pods int) (h *held, by *basis, bytes float64, took time.Duration) {
	t.Helper()
	o := &Options{Guardrails: guardrail.Default()}
	h = newHeld()
	engine := o.engine(workload.Cluster{Namespace: newNamespaces().find})
	by = compile(o, o.Guardrails, engine, guardrail.NewCompiler(engine), h)
	before := heap()
	began := time.Now()
	for i := range pods {
		r, err := by.evaluate(t.Context(), ofPods, largePod(i))
		require.NoError(t, err)
		h.put(ofPods, r)
	}
	took = time.Since(began)
	return h, by, float64(heap()-before) / float64(pods), took
}

func heap() int64 {
	for range 3 { // what is shared goes one collection after those who share it
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc) //nolint:gosec // no machine has more
}

// A cluster of any size fits: of a Pod of 6 KB in which a dozen checks find something less is kept than
// its metadata.
func TestLittleIsKeptOfAnObject(t *testing.T) {
	h, by, bytes, _ := holding(t, 2000)
	r, _ := h.report(by, nil, nil)
	assert.Equal(t, 2000, r.Summary.Evaluated)
	assert.Greater(t, r.Summary.Denied+r.Summary.Warned+r.Summary.Audited, 2000)
	t.Logf("%.0f bytes a Pod", bytes)
	assert.Less(t, bytes, 1000.0)
}

// BenchmarkHold50000Pods is the simulation of docs/audit.md.
func BenchmarkHold50000Pods(b *testing.B) {
	for b.Loop() {
		h, by, bytes, took := holding(b, 50_000)
		began := time.Now()
		r, first := h.report(by, nil, nil)
		reported := time.Since(began)
		b.ReportMetric(bytes, "B/Pod")
		b.ReportMetric(float64(took.Microseconds())/50_000, "µs/evaluation")
		b.ReportMetric(float64(reported.Milliseconds()), "ms/report")
		b.ReportMetric(float64(len(r.Results)), "results")
		runtime.KeepAlive(first)
		runtime.KeepAlive(h)
	}
}
