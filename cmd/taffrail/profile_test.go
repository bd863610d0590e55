package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whoever may ask a server for profiles may slow it down. Only what `make profile` builds can be asked.
func TestWhatIsShippedServesNoProfiles(t *testing.T) {
	const pprof = "net/http/pprof"
	assert.False(t, slices.Contains(linked(t), pprof))
	assert.True(t, slices.Contains(linked(t, "-tags", "profile"), pprof))
}

// linked are the packages in the program.
func linked(t *testing.T, flags ...string) []string {
	t.Helper()
	list := exec.CommandContext(t.Context(), "go", append(append([]string{"list", "-deps"}, flags...), ".")...)
	out, err := list.Output()
	require.NoError(t, err)
	return strings.Fields(string(out))
}
