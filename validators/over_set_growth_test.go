package validators

import (
	"bytes"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/sets"
)

// mostBytes is what may be kept of an object, in bytes: inputs of a hundred thousand must fit next to
// everything else on a small machine that builds.
const mostBytes = 500

// TestFewBytesAreKeptOfAnObject keeps what all checks need of a hundred thousand objects: those of all
// fixtures, over and over, each time by other names.
func TestFewBytesAreKeptOfAnObject(t *testing.T) {
	const objects = 100_000
	fixtures := allSetFixtures(t)
	all, n := sets.New(), 0
	before := heap()
	for i := 0; n < objects; i++ {
		for _, f := range fixtures {
			for _, object := range f.copy(i) {
				n++
				all.Add(sets.Of(reviewOf(t, object, nil, nil), object, sets.At{File: int32(n)}, sets.All)...) //nolint:gosec // below 2³¹
			}
		}
	}
	each := (heap() - before) / uint64(n) //nolint:gosec // not negative
	t.Logf("%d bytes an object", each)
	assert.LessOrEqual(t, each, uint64(mostBytes))
	start := time.Now()
	for _, v := range overSets() {
		validate, err := v.OverSet.New(decoder("{}"))
		require.NoError(t, err)
		findings := 0
		validate(all, func(*sets.Object, Finding) { findings++ })
		t.Logf("%s: %d findings after %s", v.Name, findings, time.Since(start).Round(time.Millisecond))
	}
	runtime.KeepAlive(all)
}

func allSetFixtures(t testing.TB) (all []setFixture) {
	t.Helper()
	for _, v := range overSets() {
		for _, file := range setFixtureFiles(t, v) {
			all = append(all, readSetFixture(t, file))
		}
	}
	return all
}

// copy are the objects of the fixture by other names.
func (f *setFixture) copy(number int) (objects [][]byte) {
	for _, object := range f.objects {
		objects = append(objects, bytes.ReplaceAll(object, []byte("web"), fmt.Appendf(nil, "web%05d", number)))
	}
	return objects
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
