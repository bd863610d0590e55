//go:build e2e

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// Issuing takes cert-manager a second or two.
const issued = 6 * soon

// startCertManager installs cert-manager's CRDs and runs its controllers, as e2e/certmanager builds
// them, until the end of the test. What they have made goes with them.
func startCertManager(t *testing.T, flags ...string) {
	t.Helper()
	assets := os.Getenv("CERTMANAGER_ASSETS")
	require.NotEmpty(t, assets, "CERTMANAGER_ASSETS is not set; run `make e2e`, which builds cert-manager's controllers and sets it")
	crds := filepath.Join(assets, "crds.yaml")
	// Some are too large for the annotation of a client-side apply.
	cluster(t).kubectl(t, "", "apply", "--server-side", "-f", crds).mustSucceed(t)
	cluster(t).tidy(t, func() {
		cluster(t).kubectl(t, "", "delete", "--ignore-not-found", "-n", "taffrail-system", "secret/taffrail-ca", "secret/taffrail-serving-cert").mustSucceed(t)
		cluster(t).kubectl(t, "", "delete", "--ignore-not-found", "-f", crds).mustSucceed(t)
	})
	cluster(t).kubectl(t, "", "wait", "--for=condition=established", "-f", crds).mustSucceed(t)

	var output lockedBuffer
	cmd := exec.Command(filepath.Join(assets, "certmanager"), append(flags, "--kubeconfig", cluster(t).kubeconfig)...)
	cmd.Stdout, cmd.Stderr = &output, &output
	// A run that is killed must not leave it behind.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("cert-manager said:\n%s", output.String())
		}
	})
}

// renew has cert-manager issue a Certificate anew, as `cmctl renew` does, and returns when it has.
func renew(t *testing.T, certificate string) {
	t.Helper()
	revision := func() string {
		return cluster(t).kubectl(t, "", "get", "certificate", certificate, "-n", "taffrail-system", "-o", "jsonpath={.status.revision}").mustSucceed(t).stdout
	}
	before := revision()
	condition := fmt.Sprintf(`[{"op": "add", "path": "/status/conditions/-", "value": {"type": "Issuing", "status": "True",
		"reason": "ManuallyTriggered", "message": "renewed by a test", "lastTransitionTime": %q}}]`, time.Now().UTC().Format(time.RFC3339))
	cluster(t).kubectl(t, "", "patch", "certificate", certificate, "-n", "taffrail-system", "--subresource=status", "--type=json", "-p", condition).mustSucceed(t)
	require.Eventually(t, func() bool { return revision() != before }, issued, interval, "%s is not renewed", certificate)
}

// secret reads a Secret that cert-manager makes, and waits for it.
func secret(t *testing.T, name string) map[string][]byte {
	t.Helper()
	var s corev1.Secret
	require.Eventually(t, func() bool {
		r := cluster(t).kubectl(t, "", "get", "secret", name, "-n", "taffrail-system", "-o", "yaml")
		return r.exitCode == 0 && yaml.Unmarshal([]byte(r.stdout), &s) == nil && len(s.Data["tls.crt"]) > 0
	}, issued, interval, "there is no Secret %s", name)
	return s.Data
}

// mount writes a Secret into a directory as the kubelet does: files are links into the folder of a
// version, and one link is replaced for all of them to change at once.
func mount(t *testing.T, dir string, data map[string][]byte) {
	t.Helper()
	version, err := os.MkdirTemp(dir, "..version-")
	require.NoError(t, err)
	for name, content := range data {
		require.NoError(t, os.WriteFile(filepath.Join(version, name), content, 0o600))
	}
	former, _ := os.Readlink(filepath.Join(dir, "..data")) // an error: there is none yet
	next := filepath.Join(dir, "..data_tmp")
	require.NoError(t, os.Symlink(filepath.Base(version), next))
	require.NoError(t, os.Rename(next, filepath.Join(dir, "..data")))
	if former != "" {
		require.NoError(t, os.RemoveAll(filepath.Join(dir, former)))
		return
	}
	for name := range data {
		require.NoError(t, os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)))
	}
}

// certificatesForLoopback is the component's manifest, with the address that servers have here.
func certificatesForLoopback(t *testing.T) string {
	t.Helper()
	content, err := os.ReadFile("../deploy/components/cert-manager/certificates.yaml")
	require.NoError(t, err)
	const names = "  dnsNames:\n"
	require.Equal(t, 1, strings.Count(string(content), names), "one Certificate has DNS names")
	return strings.Replace(string(content), names, "  ipAddresses: ["+cluster(t).address+"]\n"+names, 1)
}
