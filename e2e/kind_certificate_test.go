//go:build e2e && kind

package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// certificate are the flags of a server that is called from another machine, for
// which a self-signed certificate is not: it is given one for its address, whose
// authority, which is itself, is written to caFile.
func certificate(t *testing.T, caFile string) []string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.ParseIP(cluster(t).address)},
	}
	content, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)

	public := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: content})
	dir := t.TempDir()
	for file, content := range map[string][]byte{
		caFile:                        public,
		filepath.Join(dir, "ca.crt"):  public,
		filepath.Join(dir, "tls.crt"): public,
		filepath.Join(dir, "tls.key"): pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	} {
		require.NoError(t, os.WriteFile(file, content, 0o600))
	}
	return []string{"--tls", "files", "--cert-dir", dir}
}
