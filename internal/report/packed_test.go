package report

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/workload"
)

// fill sets all that a finding can say, so that a new field that is not packed fails.
func fill(value reflect.Value, n *int) {
	*n++
	switch value.Kind() {
	case reflect.String:
		value.SetString(fmt.Sprintf("ä<%d>", *n))
	case reflect.Int:
		value.SetInt(int64(*n))
	case reflect.Bool:
		value.SetBool(true)
	case reflect.Pointer:
		value.Set(reflect.New(value.Type().Elem()))
		fill(value.Elem(), n)
	case reflect.Slice:
		value.Set(reflect.MakeSlice(value.Type(), 2, 2))
		fill(value.Index(0), n)
		fill(value.Index(1), n)
	case reflect.Struct:
		for i := range value.NumField() {
			if value.Type().Field(i).IsExported() {
				fill(value.Field(i), n)
			}
		}
	}
}

func TestNothingOfAFindingIsLost(t *testing.T) {
	for _, full := range []bool{true, false} {
		var f Result
		if n := 0; full {
			fill(reflect.ValueOf(&f).Elem(), &n)
		}
		next := pack([]Result{f, f}).stream()
		assert.Equal(t, f, *next())
		assert.Equal(t, f, *next())
		assert.Nil(t, next())
	}
}

func TestAFixIsWrittenAsItWas(t *testing.T) {
	f := Result{Fix: []workload.Operation{
		{Op: "add", Path: "/a", Value: map[string]any{"b": []any{"<&>", 1, nil}}},
		{Op: "replace", Path: "/c", Value: false},
		{Op: "replace", Path: "/d", Value: ""},
		{Op: "remove", Path: "/e"},
	}}
	assert.Equal(t, jsonOf(f), jsonOf(pack([]Result{f}).stream()()))
}

// manyFindings are findings in some places, in any order.
func manyFindings(n int) (all []Result) {
	random := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		all = append(all, Result{
			File: fmt.Sprintf("deploy/%d.yaml", random.IntN(50)), Line: random.IntN(5), Column: 1, Kind: "Pod", Name: fmt.Sprint(i),
			Resource: "pods", Guardrail: "g", Validator: "image-tag", Action: []v1alpha1.Action{v1alpha1.Deny, v1alpha1.Warn}[i%2],
			Severity: "high", Path: "spec", Message: "must be another one", Must: "be another one",
			Excerpt: &manifest.Excerpt{Line: 1, Marked: "spec"},
		})
	}
	return all
}

func packedAndWhole(findings []Result) (packed, whole *Report) {
	packed, whole = New(), New()
	for _, f := range findings {
		packed.Add(f)
		packed.Pack()
		whole.Add(f)
	}
	packed.Sort()
	whole.Sort()
	return packed, whole
}

func TestPackedFindingsComeByTheirPlaces(t *testing.T) {
	packed, whole := packedAndWhole(manyFindings(3*mostLoose + 7))
	require.Len(t, packed.packed, 3)
	assert.Equal(t, len(whole.Results), packed.Len())
	var all []Result
	for f := range packed.All() {
		all = append(all, *f)
	}
	assert.True(t, slices.EqualFunc(whole.Results, all, func(a, b Result) bool { return reflect.DeepEqual(a, b) }))
	for first := range packed.All() {
		assert.Equal(t, whole.Results[0], *first)
		break
	}
}

func TestFormsOfPackedFindingsAreTheSame(t *testing.T) {
	packed, whole := packedAndWhole(manyFindings(2 * mostLoose))
	for _, r := range []*Report{packed, whole} {
		r.Errors = []Error{{File: "deploy/7.yaml", Message: "is none"}, {File: "other.yaml", Line: 3, Message: "is none"}}
	}
	for _, format := range Formats() {
		var got, want strings.Builder
		s := &Setting{Path: func(file string) string { return file }}
		require.NoError(t, format.Write(&got, packed, s))
		require.NoError(t, format.Write(&want, whole, s))
		assert.Equal(t, printOf(want.String()), printOf(got.String()), format.Name) // a diff of megabytes says nothing
	}
}

// Ten times the findings take no ten times the memory, kept or written.
func TestMemoryDoesNotGrowWithTheFindings(t *testing.T) {
	r := New()
	for i, f := range manyFindings(5 * mostLoose) {
		f.Message = strings.Repeat("must be another one ", 20) + fmt.Sprint(i) // what is kept is its own
		r.Add(f)
		r.Pack()
	}
	r.Sort()
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	size := 0
	for _, packed := range r.packed {
		size += len(packed)
	}
	assert.Less(t, size/r.Len(), 64, "bytes a finding")
	for _, format := range Formats() {
		most := &highest{from: before.HeapAlloc}
		require.NoError(t, format.Write(most, r, &Setting{Path: func(file string) string { return file }}))
		assert.Less(t, most.bytes, uint64(16<<20), format.Name)
		t.Logf("%s: %d MiB", format.Name, most.bytes>>20)
	}
	runtime.KeepAlive(r)
}

// highest sees how much is live while a form is written.
type highest struct {
	from, bytes uint64
	writes      int
}

func (h *highest) Write(p []byte) (int, error) {
	if h.writes++; h.writes%32768 == 1 {
		var now runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&now)
		h.bytes = max(h.bytes, now.HeapAlloc-min(h.from, now.HeapAlloc))
	}
	return len(p), nil
}
