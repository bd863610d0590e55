package guardrail

import (
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// many are guardrails each for a team of its own, but for ten that hold for all.
func many(tb testing.TB, n int) Objects {
	tb.Helper()
	var all Objects
	for i := range n {
		match := ""
		if i >= 10 {
			match = fmt.Sprintf("match: {namespaceSelector: {matchLabels: {team: team-%d}}}, ", i)
		}
		objects, err := Parse("test", fmt.Appendf(nil, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g-%04d}
spec: {%smutators: [{name: default-resource-requests}], validators: [{name: image-latest-tag}, {name: pod-security}, {name: readiness-probe, action: Warn}]}
`, i, match))
		require.NoError(tb, err)
		all.Guardrails = append(all.Guardrails, objects.Guardrails...)
	}
	return all
}

// BenchmarkValidate is what one Pod costs with so many guardrails in the
// cluster, of which ten hold for it.
func BenchmarkValidate(b *testing.B) {
	for _, n := range []int{10, 100, 1000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			set, err := Compile(many(b, n), Options{Cluster: workload.Cluster{Namespace: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
				return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"team": "team-0"}}}, nil
			}}})
			require.NoError(b, err)
			t := &testing.T{}
			b.ReportAllocs()
			for b.Loop() {
				r := request{object: nginxPod}.review(t)
				_, _ = set.Validate(context.Background(), r)
			}
		})
	}
}

// BenchmarkCompile is what a change costs when nothing is remembered.
func BenchmarkCompile(b *testing.B) {
	objects := many(b, 1000)
	for b.Loop() {
		NewCompiler(Options{}).Compile(objects)
	}
}
