//go:build e2e && kind

package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// cert-manager's own controllers make the certificate of Pods that run, and renew
// it and its authority while admissions flow. The kubelet takes its time to bring
// a renewed Secret to a Pod, which must not matter. Who then changes to managed
// certificates, by the commands of the documents, is rid of it.
func TestCertManagerOnACluster(t *testing.T) {
	clean(t)
	startCertManager(t)
	installed(t, "--tls=cert-manager")
	guards(t)
	doctor(t)

	a := admit(t, admissionsPerSecond, true)
	renew(t, "taffrail-ca")
	certificatesChange(t, "serving", func() { renew(t, "taffrail-serving-cert") })
	a.more(t, 3*admissionsPerSecond)
	a.mustNotFail(t)

	becomeManaged(t, documented(t, "install.md", `kubectl delete --ignore-not-found -n taffrail-system \`))
	left := cluster(t).kubectl(t, "", "get", "certificates.cert-manager.io,issuers.cert-manager.io", "-n", "taffrail-system", "-o", "name").mustSucceed(t)
	require.Empty(t, left.stdout)
}

// Who wants the webhook configurations in their own hands applies them, and the
// leader fills in whom to trust.
func TestStaticConfigurations(t *testing.T) {
	installed(t, "--static")
	guards(t)
	annotations := cluster(t).kubectl(t, "", "get", "validatingwebhookconfiguration", "taffrail", "-o", "jsonpath={.metadata.annotations}")
	annotations.mustSucceed(t, "taffrail.dev/unmanaged")
}
