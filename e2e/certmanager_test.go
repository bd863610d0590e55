//go:build e2e && !kind

package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// cert-manager makes the certificate, renews it and its authority, and tells the API server whom to
// trust. None of it fails a request, although a Pod learns of each renewal later than the API
// server.
func TestCertManagerRenewsUnderLoad(t *testing.T) {
	for name, flags := range map[string][]string{
		"an injector that adds a renewed authority to the former": nil,
		// As cert-manager was before v1.19. Then all depends on the authority's key, which stays.
		"an injector that replaces the former authority": {"--feature-gates", "CAInjectorMerging=false"},
	} {
		t.Run(name, func(t *testing.T) {
			parallel(t)
			renewUnderLoad(t, flags)
		})
	}
}

func renewUnderLoad(t *testing.T, flags []string) {
	cluster(t).kubectl(t, "", "apply", "-f", "../deploy/base/namespace.yaml").mustSucceed(t)
	startCertManager(t, flags...)
	apply(t, certificatesForLoopback(t))
	dir := t.TempDir()
	mount(t, dir, secret(t, "taffrail-serving-cert"))

	server := serveClusterWith(t, 1, options{
		tls:   "files",
		flags: []string{"--cert-dir", dir, "--inject-ca-from", "taffrail-system/taffrail-serving-cert"},
	})[0]
	apply(t, noLatest)
	namespace := cluster(t).namespace(t)
	refusedSoon(t, namespace, "image-latest-tag: spec.containers[0].image", "of no-latest")
	annotation := cluster(t).kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail",
		"-o", `jsonpath={.metadata.annotations.cert-manager\.io/inject-ca-from}`).mustSucceed(t).stdout
	assert.Equal(t, "taffrail-system/taffrail-serving-cert", annotation)
	load := admit(t, admissionsPerSecond, false)

	// The leaf. Its authority stays, and so does the caBundle.
	before := served(t, server)
	renew(t, "taffrail-serving-cert")
	load.more(t, admissionsPerSecond)
	mount(t, dir, secret(t, "taffrail-serving-cert"))
	require.Eventually(t, func() bool { return !served(t, server).Equal(before) }, soon, interval, "the renewed leaf is not served")
	load.more(t, admissionsPerSecond)

	// The authority. Once a leaf is renewed too, the API server trusts the new one, while the
	// server still has a leaf of the old.
	oldCA, before := secret(t, "taffrail-ca"), served(t, server)
	renew(t, "taffrail-ca")
	newCA := secret(t, "taffrail-ca")
	require.NotEqual(t, oldCA["tls.crt"], newCA["tls.crt"])
	require.Equal(t, oldCA["tls.key"], newCA["tls.key"], "rotationPolicy Never")
	require.Equal(t, string(oldCA["tls.crt"]), caBundle(t))
	load.more(t, admissionsPerSecond)
	renew(t, "taffrail-serving-cert")
	require.Eventually(t, func() bool { return strings.Contains(caBundle(t), string(newCA["tls.crt"])) }, soon, interval, "the new authority is not injected")
	require.Equal(t, flags == nil, strings.Contains(caBundle(t), string(oldCA["tls.crt"])))
	require.True(t, served(t, server).Equal(before), "the old leaf is served until the kubelet has mounted the new one")
	load.more(t, 2*admissionsPerSecond)
	mount(t, dir, secret(t, "taffrail-serving-cert"))
	require.Eventually(t, func() bool { return !served(t, server).Equal(before) }, soon, interval, "the renewed leaf is not served")
	load.more(t, admissionsPerSecond)

	// The leader writes the configurations anew for what the guardrails need, and leaves the
	// caBundle to the injector.
	apply(t, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: services}
spec: {validators: [{name: service-external-ips}]}
`)
	require.Eventually(t, func() bool {
		return strings.Contains(cluster(t).kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail", "-o", "jsonpath={.webhooks[0].rules}").stdout, `"services"`)
	}, soon, interval)
	load.more(t, admissionsPerSecond)

	load.mustNotFail(t)
	assert.Contains(t, caBundle(t), string(newCA["tls.crt"]))
}

// caBundle is whom the API server trusts.
func caBundle(t *testing.T) string {
	t.Helper()
	encoded := cluster(t).kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail",
		"-o", "jsonpath={.webhooks[0].clientConfig.caBundle}").mustSucceed(t).stdout
	bundle, err := base64.StdEncoding.DecodeString(encoded)
	require.NoError(t, err)
	return string(bundle)
}

// served is the leaf that a new connection is answered with, of a chain that the API server trusts.
func served(t *testing.T, server *taffrail) *x509.Certificate {
	t.Helper()
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM([]byte(caBundle(t))))
	connection, err := tls.Dial("tcp", strings.TrimPrefix(server.webhookURL, "https://"), &tls.Config{RootCAs: roots})
	require.NoError(t, err)
	defer connection.Close()
	return connection.ConnectionState().PeerCertificates[0]
}
