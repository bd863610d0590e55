package resident_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/resident"
)

// What the start has touched of the program's file is not resident any more, and what is needed works
// on: the rest of this test, for one.
func TestWhatTheStartHasTouchedIsGivenBack(t *testing.T) {
	before := file(t)
	written := make([]byte, 1<<20)
	for i := range written {
		written[i] = byte(i)
	}
	require.NoError(t, resident.GiveBackStart())
	assert.Less(t, file(t), before, "KiB of the program's file")
	for i := range written {
		require.Equal(t, byte(i), written[i])
	}
}

// file is how much of files the process holds, in KiB.
func file(t *testing.T) int {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(status), "RssFile:")
	require.True(t, found)
	kib, err := strconv.Atoi(strings.Fields(rest)[0])
	require.NoError(t, err)
	return kib
}
