//go:build e2e

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// A command that takes this long hangs: a webhook has 2 s, the API server answers in milliseconds.
const kubectlTimeout = 3 * time.Minute

// controlPlane is an API server. One that we have started is etcd and an API
// server with no controllers: a Deployment has no Pods, and a deleted Namespace
// stays. One that was there before is the whole of a cluster (tag kind).
type controlPlane struct {
	config       *rest.Config
	kubeconfig   string // a file; its user is an administrator, who may impersonate (kubectl --as)
	version      string
	address      string               // where the API server reaches servers that tests start: an IP address of this machine
	assets       string               // the folder of kubectl
	env          *envtest.Environment // nil for a cluster that was there before
	certificates string               // the folder of env's
}

func (c *controlPlane) stop() error {
	if c.env == nil {
		return nil
	}
	return c.env.Stop()
}

// tidy runs after the test where the cluster stays as it is; an API server of ours is restored.
func (c *controlPlane) tidy(t *testing.T, after func()) {
	t.Helper()
	if c.env == nil {
		t.Cleanup(after)
	}
}

func (c *controlPlane) describe() error {
	client, err := discovery.NewDiscoveryClientForConfig(c.config)
	if err != nil {
		return err
	}
	version, err := client.ServerVersion()
	if err != nil {
		return err
	}
	c.version = version.GitVersion
	return nil
}

// result is what a command said.
type result struct {
	command        string
	stdout, stderr string // kubectl prints the warnings of webhooks on stderr
	exitCode       int
}

// kubectl runs kubectl as an administrator, with stdin, and returns what it
// said, whatever its exit code.
func (c *controlPlane) kubectl(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	// Not the test's context, which has ended when a cleanup comes here.
	ctx, cancel := context.WithTimeout(context.Background(), kubectlTimeout)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, filepath.Join(c.assets, "kubectl"), args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	// The caller's home would bring a kubeconfig, preferences and a cache.
	cmd.Env = []string{"KUBECONFIG=" + c.kubeconfig, "HOME=" + scratch, "PATH=" + os.Getenv("PATH"), "GOGC=" + os.Getenv("GOGC")}
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) {
		require.NoError(t, err)
	}
	return result{
		command:  "kubectl " + strings.Join(args, " "),
		stdout:   stdout.String(),
		stderr:   stderr.String(),
		exitCode: cmd.ProcessState.ExitCode(),
	}
}

// namespace makes a Namespace of the test's own, with labels of the form key=value, and returns its
// name. Where nothing would empty it, it is not deleted, and goes with the API server.
func (c *controlPlane) namespace(t *testing.T, labels ...string) string {
	t.Helper()
	name := "e2e-" + rand.String(8)
	c.kubectl(t, "", "create", "namespace", name).mustSucceed(t)
	if c.env == nil {
		t.Cleanup(func() { c.kubectl(t, "", "delete", "namespace", name, "--wait=false").mustSucceed(t) })
		// Without it no Pod is taken.
		c.kubectl(t, "", "wait", "--for=create", "serviceaccount/default", "-n", name, "--timeout=2m").mustSucceed(t)
	}
	if len(labels) > 0 {
		c.kubectl(t, "", append([]string{"label", "namespace", name}, labels...)...).mustSucceed(t)
	}
	return name
}

// mustSucceed fails the test unless the command exited with 0 and said all of
// want, on stdout or stderr.
func (r result) mustSucceed(t *testing.T, want ...string) result {
	t.Helper()
	require.Zero(t, r.exitCode, "%s", r)
	return r.mustSay(t, want...)
}

// mustFail fails the test unless the command failed and said all of want.
func (r result) mustFail(t *testing.T, want ...string) result {
	t.Helper()
	require.NotZero(t, r.exitCode, "%s", r)
	return r.mustSay(t, want...)
}

func (r result) mustSay(t *testing.T, want ...string) result {
	t.Helper()
	for _, text := range want {
		require.Contains(t, r.stdout+r.stderr, text, "%s", r)
	}
	return r
}

func (r result) String() string {
	return fmt.Sprintf("$ %s\n%s%s(exit code %d)", r.command, r.stdout, r.stderr, r.exitCode)
}
