package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/certs"
)

func TestSelfSignedIsTrustedByItsWrittenCA(t *testing.T) {
	source, err := certs.NewSelfSigned()
	require.NoError(t, err)
	address := serve(t, source)
	roots := writtenCA(t, source)

	for name, trusted := range map[string]bool{
		"localhost":            true,
		"127.0.0.1":            true,
		"::1":                  true,
		"taffrail.example.com": false,
		"127.0.0.2":            false,
	} {
		t.Run(name, func(t *testing.T) {
			connection, err := tls.Dial("tcp", address, &tls.Config{RootCAs: roots, ServerName: name})
			if !trusted {
				require.Error(t, err)
				return
			}
			require.NoError(t, err)
			require.NoError(t, connection.Close())
		})
	}
}

func TestSelfSignedCAIsForThisMachineOnly(t *testing.T) {
	source, err := certs.NewSelfSigned()
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "ca.crt")
	require.NoError(t, source.WriteCA(file))
	ca := parse(t, file)

	assert.True(t, ca.IsCA)
	assert.True(t, ca.MaxPathLenZero, "no further authorities below it")
	assert.True(t, ca.PermittedDNSDomainsCritical)
	assert.Equal(t, []string{"localhost"}, ca.PermittedDNSDomains)
	require.Len(t, ca.PermittedIPRanges, 2)
	assert.Equal(t, "127.0.0.1/32", ca.PermittedIPRanges[0].String())
	assert.Equal(t, "::1/128", ca.PermittedIPRanges[1].String())
}

func TestSelfSignedsDoNotTrustEachOther(t *testing.T) {
	one, err := certs.NewSelfSigned()
	require.NoError(t, err)
	other, err := certs.NewSelfSigned()
	require.NoError(t, err)
	_, err = tls.Dial("tcp", serve(t, one), &tls.Config{RootCAs: writtenCA(t, other), ServerName: "localhost"})
	require.Error(t, err)
}

// The bubble's clock stands still until everybody sleeps, so that three years pass in no time.
func TestSelfSignedRenewsAtTwoThirdsOfItsLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, err := certs.NewSelfSigned()
		require.NoError(t, err)
		roots := writtenCA(t, source)
		first := handshake(t, source, roots)
		life := first.NotAfter.Sub(first.NotBefore)

		time.Sleep(life*2/3 - time.Minute)
		assert.Equal(t, first.SerialNumber, handshake(t, source, roots).SerialNumber, "renewed too early")
		time.Sleep(2 * time.Minute)
		second := handshake(t, source, roots)
		assert.NotEqual(t, first.SerialNumber, second.SerialNumber, "not renewed")
		assert.NotEqual(t, first.PublicKey, second.PublicKey, "the key is renewed too")
		assert.Equal(t, second.SerialNumber, handshake(t, source, roots).SerialNumber, "renewed more than once")

		for range 100 { // handshake fails the test when a certificate is out of date
			time.Sleep(11 * 24 * time.Hour)
			handshake(t, source, roots)
		}
	})
}

func TestSelfSignedExpiryNeverLiesInThePast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source, err := certs.NewSelfSigned()
		require.NoError(t, err)
		for range 10 { // no connection in all this time
			expiry := source.Expiry()
			assert.Len(t, expiry, 2)
			assert.Greater(t, time.Until(expiry[certs.Serving]), 29*24*time.Hour)
			assert.Greater(t, expiry[certs.CA], expiry[certs.Serving])
			time.Sleep(100 * 24 * time.Hour)
		}
	})
}

func TestWriteCA(t *testing.T) {
	source, err := certs.NewSelfSigned()
	require.NoError(t, err)
	dir := t.TempDir()
	file := filepath.Join(dir, "ca.crt")
	require.NoError(t, os.WriteFile(file, []byte("the authority of the process before"), 0o600))

	require.NoError(t, source.WriteCA(file))
	assert.Equal(t, "taffrail self-signed authority", parse(t, file).Subject.CommonName)
	info, err := os.Stat(file)
	require.NoError(t, err)
	assert.Equal(t, fs.FileMode(0o644), info.Mode())
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1, "nothing else is left behind")

	for name, file := range map[string]string{
		"no such directory":   filepath.Join(dir, "absent", "ca.crt"),
		"a directory already": dir,
	} {
		t.Run(name, func(t *testing.T) {
			err := source.WriteCA(file)
			require.ErrorContains(t, err, file)
			require.ErrorContains(t, err, "--write-ca")
		})
	}
	entries, err = os.ReadDir(dir)
	require.NoError(t, err)
	assert.Len(t, entries, 1)
}

// handshake is served without a network: the bubble's clock waits for pipes, but not for sockets.
func handshake(t *testing.T, source certs.Source, roots *x509.CertPool) *x509.Certificate {
	t.Helper()
	config := &tls.Config{}
	certs.TLSConfig(source)(config)
	server, client := net.Pipe()
	connection := tls.Client(client, &tls.Config{RootCAs: roots, ServerName: "localhost"})
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = tls.Server(server, config).Handshake() // the client says whether it went well
	}()
	require.NoError(t, connection.Handshake())
	require.NoError(t, client.Close()) // nobody reads what the server sends after the handshake
	<-done
	require.NoError(t, server.Close())
	return connection.ConnectionState().PeerCertificates[0]
}

func writtenCA(t *testing.T, source *certs.SelfSigned) *x509.CertPool {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ca.crt")
	require.NoError(t, source.WriteCA(file))
	roots := x509.NewCertPool()
	roots.AddCert(parse(t, file))
	return roots
}
