//go:build e2e

package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// documented are the lines of a page from the one that begins with start to the end of their block.
func documented(t *testing.T, page, start string) string {
	t.Helper()
	content, err := os.ReadFile("../docs/" + page)
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(content), "\n"+start)
	require.True(t, found, "docs/%s has no line that begins with %q", page, start)
	lines, _, _ := strings.Cut(rest, "\n```")
	return start + lines
}

// shell runs commands in dir as an administrator with kubectl and taffrail
// would, and they must succeed.
func (c *controlPlane) shell(t *testing.T, dir, commands string) {
	t.Helper()
	taffrail, err := taffrailBinary()
	require.NoError(t, err)
	path := strings.Join([]string{c.assets, filepath.Dir(taffrail), os.Getenv("PATH")}, string(filepath.ListSeparator))
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", commands)
	cmd.Dir = dir
	cmd.Env = []string{"KUBECONFIG=" + c.kubeconfig, "HOME=" + scratch, "PATH=" + path}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s\n%s", commands, out)
}
