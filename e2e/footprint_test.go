//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestAnIdleServerIsSmall(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("reads /proc")
	}
	_, err := taffrailBinary() // is built before the clock starts
	require.NoError(t, err)
	start := time.Now()
	server := startTaffrail(t, options{standalone: true})
	took := time.Since(start)

	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", server.process.Pid))
	require.NoError(t, err)
	match := regexp.MustCompile(`VmRSS:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, match)
	resident, err := strconv.Atoi(string(match[1]))
	require.NoError(t, err)
	t.Logf("ready after %s, %.1f MiB resident", took.Round(time.Millisecond), float64(resident)/1024)
	assert.Less(t, resident, 40<<10, "KiB")
}
