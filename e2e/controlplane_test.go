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
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// A command that takes this long hangs: a webhook has 2 s, the API server answers in milliseconds.
const kubectlTimeout = time.Minute

// controlPlane is etcd and an API server, with no controllers: a Deployment
// has no Pods, and a deleted Namespace stays.
type controlPlane struct {
	config     *rest.Config
	kubeconfig string // a file; its user is an administrator, who may impersonate (kubectl --as)
	version    string
	assets     string
	env        *envtest.Environment
}

// startControlPlane starts one, without some of the API server's own plugins.
func startControlPlane(assets string, disabledPlugins ...string) (*controlPlane, error) {
	useExisting := false // whatever USE_EXISTING_CLUSTER says: tests install webhooks for the whole cluster
	env := &envtest.Environment{BinaryAssetsDirectory: assets, UseExistingCluster: &useExisting}
	// Certificates in a folder of ours survive a restart of the API server.
	certificates := filepath.Join(scratch, "apiserver-"+rand.String(8))
	if err := os.Mkdir(certificates, 0o700); err != nil {
		return nil, err
	}
	env.ControlPlane.GetAPIServer().CertDir = certificates
	env.ControlPlane.GetAPIServer().Configure().Append("disable-admission-plugins", disabledPlugins...)
	config, err := env.Start()
	if err != nil {
		return nil, errors.Join(err, env.Stop())
	}
	c := &controlPlane{config: config, assets: assets, env: env}
	if err := c.describe(); err != nil {
		return nil, errors.Join(err, env.Stop())
	}
	return c, nil
}

func (c *controlPlane) describe() error {
	c.kubeconfig = filepath.Join(scratch, "kubeconfig-"+rand.String(8))
	if err := os.WriteFile(c.kubeconfig, c.env.KubeConfig, 0o600); err != nil {
		return err
	}
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

// killAPIServer and startAPIServer are the two halves of a crash: etcd keeps what
// it has, and the address stays.
func (c *controlPlane) killAPIServer(t *testing.T) {
	t.Helper()
	// envtest keeps the process to itself; it is the child of this one.
	children, err := exec.Command("pgrep", "-P", strconv.Itoa(os.Getpid()), "kube-apiserver").Output()
	require.NoError(t, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(children)))
	require.NoError(t, err, "one API server: %s", children)
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.Eventually(t, func() bool {
		return c.kubectl(t, "", "get", "--raw", "/readyz").exitCode != 0
	}, soon, interval)
}

func (c *controlPlane) startAPIServer(t *testing.T) {
	t.Helper()
	require.NoError(t, c.env.ControlPlane.GetAPIServer().Start())
}

func (c *controlPlane) stop() error { return c.env.Stop() }

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
	cmd.Env = []string{"KUBECONFIG=" + c.kubeconfig, "HOME=" + scratch, "PATH=" + os.Getenv("PATH")}
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

// namespace makes a Namespace of the test's own, with labels of the form
// key=value, and returns its name. It is never deleted: nothing here would
// empty it, and it goes with the API server.
func (c *controlPlane) namespace(t *testing.T, labels ...string) string {
	t.Helper()
	name := "e2e-" + rand.String(8)
	c.kubectl(t, "", "create", "namespace", name).mustSucceed(t)
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
