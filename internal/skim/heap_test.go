package skim_test

import (
	"fmt"
	"math"
	"runtime"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

type (
	podSpec         = corev1.PodSpec
	statefulSetSpec = appsv1.StatefulSetSpec
)

// heapOf is the memory that what f returns holds, in bytes: the least of several runs, as whatever
// else the process has allocated meanwhile counts too, such as a buffer of the decoder's pool, which
// the race detector empties at random.
func heapOf(f func() any) int {
	least := math.MaxInt
	for range 5 {
		before := inUse()
		v := f()
		least = min(least, inUse()-before)
		runtime.KeepAlive(v)
	}
	return least
}

func inUse() int {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}

// n is how many there are of what is decoded.
const n = 20_000

func repeated(item string) string { return strings.Repeat(item+",", n-1) + item }

func members() string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"%d":0,`, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}
