//go:build e2e && kind

package e2e

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

// A certificate of one's own, by the commands of the documents: made, renewed with
// another authority while admissions flow, and given up for managed ones.
func TestCertificatesOfOnesOwn(t *testing.T) {
	clean(t)
	t.Cleanup(func() { uninstall(t) })
	recipe := documented(t, "install.md", "openssl req -x509")
	openssl, _, found := strings.Cut(recipe, "kubectl ")
	require.True(t, found)
	replaceSecret := documented(t, "operations.md", "kubectl create secret generic taffrail-serving-cert")

	dir := t.TempDir()
	deploy, err := filepath.Abs("../deploy")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(deploy, filepath.Join(dir, "deploy")))
	follow(t, dir, recipe)
	ready(t)
	guards(t)
	doctor(t)

	follow(t, dir, "mkdir new; (cd new\n"+openssl+")\ncp tls.crt old-ca.crt; cp new/tls.crt new-ca.crt")
	trusted := func() bool { return trusts(t, filepath.Join(dir, "ca.crt")) }
	a := admit(t, admissionsPerSecond, true)
	a.more(t, admissionsPerSecond)

	follow(t, dir, documented(t, "operations.md", "cat new-ca.crt old-ca.crt"))
	mounted(t, "both authorities are trusted", trusted)
	a.more(t, 3*admissionsPerSecond)

	var before string
	eventually(t, "all replicas serve one certificate", func() bool {
		before = servedUntil(t)
		return before != ""
	})
	follow(t, dir, "cp new/tls.crt new/tls.key .\n"+replaceSecret)
	mounted(t, "each replica serves the new certificate", func() bool {
		now := servedUntil(t)
		return now != "" && now != before
	})
	a.more(t, 3*admissionsPerSecond)

	follow(t, dir, "cp new-ca.crt ca.crt\n"+replaceSecret)
	mounted(t, "the new authority alone is trusted", trusted)
	a.more(t, 3*admissionsPerSecond)
	a.mustNotFail(t)
	doctor(t)

	becomeManaged(t, documented(t, "install.md", "kubectl delete --ignore-not-found -n taffrail-system secret/taffrail-serving-cert"))
}

// becomeManaged changes the way of certificates by the commands of docs/install.md,
// with those in between that take away what the former way leaves.
func becomeManaged(t *testing.T, takeAway string) {
	t.Helper()
	follow(t, "", documented(t, "install.md", "taffrail uninstall --kubeconfig FILE --webhooks-only"))
	unguarded(t)
	follow(t, "", takeAway)
	on := documented(t, "install.md", "taffrail install --tls ... |")
	follow(t, "", strings.Replace(on, "--tls ...", "--tls managed ...", 1))
	ready(t)
	guards(t)
	doctor(t)

	cluster(t).kubectl(t, "", "get", "secret/taffrail-serving-cert", "-n", "taffrail-system").mustFail(t, "not found")
	authority := get[corev1.Secret](t, "taffrail-system", "secret/taffrail-ca")
	require.Empty(t, authority.Annotations, "somebody else writes it too")
	for _, pod := range replicas(t) {
		require.False(t, slices.ContainsFunc(pod.Spec.Volumes, func(v corev1.Volume) bool { return v.Secret != nil }),
			"a Pod that is made anew waits for a Secret that is gone")
	}
}

// follow runs documented commands, with what they leave to the reader filled in.
func follow(t *testing.T, dir, commands string) {
	t.Helper()
	cluster(t).shell(t, dir, strings.NewReplacer(" ... ", " --image "+image(t)+" ", " FILE ", " "+cluster(t).kubeconfig+" ").Replace(commands))
}

// mounted waits until it shows that the Pods have a changed Secret. The kubelet
// looks after a Pod once a minute, and at once when the Pod has changed.
func mounted(t *testing.T, what string, shows func() bool) {
	t.Helper()
	eventually(t, what, func() bool {
		cluster(t).kubectl(t, "", "annotate", "pods", "-n", "taffrail-system", "--all", "--overwrite", "e2e="+time.Now().Format(time.RFC3339Nano))
		return shows()
	})
}

// trusts says whether the API server trusts the authorities of a file where it
// calls us, and no others.
func trusts(t *testing.T, file string) bool {
	t.Helper()
	authorities, err := os.ReadFile(file)
	require.NoError(t, err)
	r := cluster(t).kubectl(t, "", "get", "mutatingwebhookconfiguration/taffrail", "validatingwebhookconfiguration/taffrail",
		"-o", "jsonpath={.items[*].webhooks[*].clientConfig.caBundle}")
	bundles, want := strings.Fields(r.stdout), base64.StdEncoding.EncodeToString(authorities)
	return len(bundles) > 0 && !slices.ContainsFunc(bundles, func(bundle string) bool { return bundle != want })
}

// servedUntil is when the certificate that replicas serve ends; empty while they
// do not all serve the same, or do not all tell.
func servedUntil(t *testing.T) string {
	t.Helper()
	var ends []string
	for _, pod := range replicas(t) {
		end, _ := podMetric(t, pod.Name, `taffrail_certificate_expiry_timestamp_seconds{certificate="serving"}`)
		ends = append(ends, end)
	}
	if ends = slices.Compact(ends); len(ends) != 1 {
		return ""
	}
	return ends[0]
}
