//go:build linux

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestBenchmarksAreReadRunByRun(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bench.txt")
	// Go appends how many processors there are; a name may end in a number of its own.
	line := fmt.Sprintf("BenchmarkTaffrailValidate/guardrails=default/review=pod-refused-25-%d ", runtime.NumCPU())
	require.NoError(t, os.WriteFile(file, []byte("goos: linux\npkg: taffrail.dev/taffrail/webhook\n"+
		line+"100 3000 ns/op 84.40 MB/s 18651 B/op 165 allocs/op\n"+
		line+"100 1000 ns/op 84.40 MB/s 18651 B/op 165 allocs/op\n"+
		line+"100 2000 ns/op 84.40 MB/s 18651 B/op 165 allocs/op\nPASS\n"), 0o600))
	order, all, err := readBenchmarks(file)
	require.NoError(t, err)
	const name = "TaffrailValidate/guardrails=default/review=pod-refused-25"
	assert.Equal(t, []string{name}, order)
	assert.Equal(t, []string{"2", "18.7", "165"}, all[name].cells())
	assert.Equal(t, "Validate, default, pod-refused-25", title("Validate/guardrails=default/review=pod-refused-25"))
	assert.Equal(t, "ValidateAmong, guardrails=1000", title("ValidateAmong/guardrails=1000"))
}
