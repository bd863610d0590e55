//go:build unix

package record_test

import (
	"context"
	"strings"
	"syscall"
	"testing"

	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/record"
)

// A disk that is full is told, and no review is written in part. It is full of a limit of the process.
func TestAFullDisk(t *testing.T) {
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	var log strings.Builder
	to := funcr.New(func(_, args string) { log.WriteString(args + "\n") }, funcr.Options{})
	dir := t.TempDir()
	r, err := record.Open(record.Options{Dir: dir, MaxBytes: record.MinBytes, Rate: 1 << 30, Log: to})
	require.NoError(t, err)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 1000, Max: before.Max}))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for i := range 20 {
		r.Take("validate", secretOf(i))
	}
	err = r.Run(ctx)
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before))
	require.NoError(t, err)
	lines := linesIn(t, dir)["validate"]
	assert.NotEmpty(t, lines)
	for _, line := range lines {
		assert.True(t, strings.HasSuffix(line, "}"), line)
	}
	assert.Contains(t, log.String(), "file too large")
	assert.LessOrEqual(t, strings.Count(log.String(), "\n"), 2, "at once, and what came after it")
}
