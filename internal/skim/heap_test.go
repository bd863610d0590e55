package skim_test

import (
	"fmt"
	"runtime"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
)

type (
	podSpec         = corev1.PodSpec
	statefulSetSpec = appsv1.StatefulSetSpec
)

// heapOf is the memory that what f returns holds, in bytes.
func heapOf(f func() any) int {
	before := inUse()
	v := f()
	took := inUse() - before
	runtime.KeepAlive(v)
	return took
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
