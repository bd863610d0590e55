package mutators

import (
	"testing"

	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/workload"
)

// BenchmarkMutate shows what completing a Pod of 5 KB costs on top of decoding
// it, which has to be done anyway: every step includes those before.
func BenchmarkMutate(b *testing.B) {
	pod, defaults := bigPod(b), withDefaultParameters(b)
	for _, step := range []struct {
		name string
		do   func(*workload.Review) error
	}{
		{"decode", func(*workload.Review) error { return nil }},
		{"mutate", func(r *workload.Review) error { run(r, defaults); return nil }},
		{"record", func(r *workload.Review) error { r.Record(); run(r, defaults); return nil }},
		{"encode", func(r *workload.Review) error {
			r.Record()
			run(r, defaults)
			_, err := workload.EncodePatch(r.Pod.Patch())
			return err
		}},
	} {
		b.Run(step.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				r, err := review(pod)
				require.NoError(b, err)
				require.NoError(b, step.do(r))
			}
		})
	}
}
