package main

import (
	"flag"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// counted are the packages whose steps are counted: ours, and those that do our work for us. The
// loops in slices and maps are where a quadratic one hides behind a call. Regular expressions are
// not among them: they are linear by design, and change their ways with the length of a text.
var counted = []string{
	"taffrail.dev/taffrail/...", "slices", "maps", "sort", "strings", "bytes", "strconv", "fmt", "cmp", "unicode/utf8",
	"encoding/base64", "encoding/json", "github.com/go-json-experiment/json/...", "sigs.k8s.io/json/...",
	"k8s.io/apimachinery/pkg/...", "k8s.io/pod-security-admission/...", "github.com/distribution/reference",
}

// whole is what `make linear` asks for. Without it, one growth in so many is tried: all take
// minutes.
var whole = flag.Bool("whole", false, "try every growth")

const sample = 60

// TestWorkIsLinear: four times the items, of any list in any kind, cost at most five times the
// steps and the allocations. It counts; a slow machine changes nothing.
func TestWorkIsLinear(t *testing.T) {
	program := filepath.Join(t.TempDir(), "linear")
	build := exec.Command("go", "build", "-cover", "-covermode=atomic", "-coverpkg="+strings.Join(counted, ","), "-o", program, ".")
	out, err := build.CombinedOutput()
	require.NoError(t, err, "%s", out)

	parts := runtime.NumCPU()
	of := parts
	if !*whole {
		of *= sample
	}
	var running sync.WaitGroup
	for part := range parts {
		running.Go(func() {
			run := exec.Command(program, fmt.Sprintf("-part=%d", part), fmt.Sprintf("-of=%d", of))
			run.Env = append(run.Environ(), "GOCOVERDIR="+t.TempDir())
			out, err := run.CombinedOutput()
			if err != nil {
				t.Errorf("%v\n%s", err, out)
				return
			}
			t.Logf("%s", out)
		})
	}
	running.Wait()
}
