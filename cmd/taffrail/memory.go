package main

import (
	"math"
	"os"
	"runtime/debug"
	"runtime/metrics"
)

// What the heap of a command that ends in a second may take before garbage is collected. With the
// program itself that is under 120 MiB.
const (
	briefPercent = 400
	briefLimit   = 80 << 20
)

// collectLate has a command collect garbage as seldom as the memory of a small machine allows: a tenth
// less CPU. Who says something in the environment is right.
func collectLate() {
	if os.Getenv("GOGC") == "" && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetGCPercent(briefPercent)
		debug.SetMemoryLimit(briefLimit)
	}
}

// collectAsUsual lets a command have more memory that keeps so much that it would do nothing but
// collect garbage.
func collectAsUsual() {
	if debug.SetMemoryLimit(-1) != briefLimit {
		return
	}
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	if metrics.Read(live); live[0].Value.Uint64() > briefLimit*5/8 {
		debug.SetGCPercent(50)
		debug.SetMemoryLimit(math.MaxInt64)
	}
}
