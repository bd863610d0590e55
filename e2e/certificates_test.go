//go:build e2e && !kind

package e2e

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// certificateLives are short, so that minutes are years.
var certificateLives = []string{"--ca-duration", "20s", "--certificate-duration", "6s"}

// TestCertificatesRotateUnderLoad is the life of a managed certificate, a year in some seconds,
// with an API server that sends reviews all along. None fails.
func TestCertificatesRotateUnderLoad(t *testing.T) {
	parallel(t)
	servers := serveManaged(t, 3, certificateLives...)
	load := admit(t, admissionsPerSecond, true)

	signers := map[string]bool{}
	rotated := func(n int) {
		t.Helper()
		before := len(signers)
		require.Eventually(t, func() bool {
			if signer := authority(t, "tls.crt"); signer != "" { // empty until a leader has written it back
				signers[signer] = true
			}
			return len(signers) >= before+n
		}, 2*time.Minute, interval)
	}
	rotated(2)

	// What a person may do to it.
	cluster(t).kubectl(t, "", "delete", "secret", "-n", "taffrail-system", "taffrail-ca").mustSucceed(t)
	rotated(1)
	cluster(t).kubectl(t, "", "patch", "secret", "-n", "taffrail-system", "taffrail-ca", "-p", `{"data":{"tls.key":"aGVsbG8="}}`).mustSucceed(t)
	rotated(1)
	load.mustNotFail(t)

	serials := map[string]bool{}
	for _, server := range servers {
		leaf := server.leaf(t)
		serials[leaf.SerialNumber.String()] = true
		assert.LessOrEqual(t, time.Until(leaf.NotAfter), 8*time.Second)
	}
	assert.Len(t, serials, len(servers), "each replica has a certificate of its own")
}

// A leader that dies while the next authority waits to be trusted: whoever comes after it goes on
// from there.
func TestALeaderIsKilledAmidARotation(t *testing.T) {
	parallel(t)
	servers := serveManaged(t, 2, "--ca-duration", "60s", "--certificate-duration", "10s")
	cluster(t).kubectl(t, "", "delete", "secret", "-n", "taffrail-system", "taffrail-ca").mustSucceed(t)
	var next string
	require.Eventually(t, func() bool { next = authority(t, "next.crt"); return next != "" }, soon, interval)
	leader, other := leaderOf(servers)
	leader.kill(t)
	require.Eventually(t, func() bool { return authority(t, "tls.crt") == next }, 6*soon, interval)
	signer, err := base64.StdEncoding.DecodeString(next)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(signer))
	require.Eventually(t, func() bool {
		_, err := other.leaf(t).Verify(x509.VerifyOptions{Roots: roots})
		return err == nil
	}, soon, interval)
	refusedSoon(t, cluster(t).namespace(t), "of no-latest")
}

// serveManaged starts replicas with managed certificates behind one address, as behind a Service,
// and returns when reviews flow.
func serveManaged(t *testing.T, replicas int, flags ...string) []*taffrail {
	t.Helper()
	front := newBalancer(t)
	servers := serveClusterWith(t, replicas, options{
		webhookURL: "https://" + front.Addr().String(), flags: flags, tls: "managed",
	})
	front.serve(servers)
	apply(t, noLatest)
	apply(t, `{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: mutating},
		spec: {mutators: [{name: default-security-context}]}}`)
	namespace := cluster(t).namespace(t)
	refusedSoon(t, namespace, "of no-latest")
	require.Eventually(t, func() bool {
		return strings.Contains(cluster(t).kubectl(t, "", "run", "web", "--image=registry.example.com/web:v1", "--dry-run=server",
			"-n", namespace, "-o", "yaml").stdout, "RuntimeDefault")
	}, soon, interval)
	return servers
}

// authority is a certificate of the Secret, as PEM in base 64; "" where there is none.
func authority(t *testing.T, key string) string {
	t.Helper()
	return cluster(t).kubectl(t, "", "get", "secret", "-n", "taffrail-system", "taffrail-ca", "--ignore-not-found",
		"-o", `jsonpath={.data.`+strings.ReplaceAll(key, ".", `\.`)+`}`).mustSucceed(t).stdout
}

// leaf is the certificate that a replica serves.
func (s *taffrail) leaf(t *testing.T) *x509.Certificate {
	t.Helper()
	connection, err := tls.Dial("tcp", strings.TrimPrefix(s.bound, "https://"), &tls.Config{InsecureSkipVerify: true}) // the API server verifies it
	require.NoError(t, err)
	defer connection.Close()
	return connection.ConnectionState().PeerCertificates[0]
}

// balancer gives each new connection to the next server that takes it, as a Service does.
type balancer struct {
	net.Listener
	next atomic.Int64
}

func newBalancer(t *testing.T) *balancer {
	t.Helper()
	listener, err := net.Listen("tcp", cluster(t).address+":0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = listener.Close() })
	return &balancer{Listener: listener}
}

func (b *balancer) serve(servers []*taffrail) {
	go func() {
		for {
			client, err := b.Accept()
			if err != nil {
				return // closed
			}
			go b.forward(client, servers)
		}
	}()
}

func (b *balancer) forward(client net.Conn, servers []*taffrail) {
	defer client.Close()
	for range servers {
		address := strings.TrimPrefix(servers[int(b.next.Add(1))%len(servers)].bound, "https://")
		server, err := net.Dial("tcp", address)
		if err != nil {
			continue
		}
		defer server.Close()
		go func() {
			_, _ = io.Copy(server, client)
			_ = server.Close()
		}()
		_, _ = io.Copy(client, server)
		return
	}
}
