//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// program runs taffrail as an administrator of the cluster would, from outside.
func program(t *testing.T, args ...string) result {
	t.Helper()
	binary, err := taffrailBinary()
	require.NoError(t, err)
	return execute(t, binary, args...)
}

// execute runs a program, and returns what it said, whatever its exit code.
func execute(t *testing.T, name string, args ...string) result {
	t.Helper()
	// Not the test's context, which has ended when a cleanup comes here.
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return result{
		command: name + " " + strings.Join(args, " "), stdout: stdout.String(), stderr: stderr.String(), exitCode: cmd.ProcessState.ExitCode(),
	}
}
