//go:build e2e

package e2e

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// certificateLives are short, so that minutes are years.
var certificateLives = []string{"--ca-duration", "12s", "--certificate-duration", "3s"}

// TestCertificatesRotateUnderLoad is the life of a managed certificate, a year in some seconds, with an API server that
// sends reviews all along. None fails.
func TestCertificatesRotateUnderLoad(t *testing.T) {
	servers := serveManaged(t, 3, certificateLives...)
	load := admit(t)

	signers := map[string]bool{}
	rotated := func(n int) {
		t.Helper()
		before := len(signers)
		require.Eventually(t, func() bool {
			signers[authority(t, "tls.crt")] = true
			return len(signers) >= before+n
		}, time.Minute, interval)
	}
	rotated(2)

	// What a person may do to it.
	cluster.kubectl(t, "", "delete", "secret", "-n", "taffrail-system", "taffrail-ca").mustSucceed(t)
	rotated(1)
	cluster.kubectl(t, "", "patch", "secret", "-n", "taffrail-system", "taffrail-ca", "-p", `{"data":{"tls.key":"aGVsbG8="}}`).mustSucceed(t)
	rotated(1)
	load.mustBeAdmitted(t)

	serials := map[string]bool{}
	for _, server := range servers {
		leaf := server.leaf(t)
		serials[leaf.SerialNumber.String()] = true
		assert.LessOrEqual(t, time.Until(leaf.NotAfter), 5*time.Second)
	}
	assert.Len(t, serials, len(servers), "each replica has a certificate of its own")
}

// A leader that dies while the next authority waits to be trusted: whoever comes after it goes on from there.
func TestALeaderIsKilledAmidARotation(t *testing.T) {
	servers := serveManaged(t, 2, "--ca-duration", "60s", "--certificate-duration", "10s")
	cluster.kubectl(t, "", "delete", "secret", "-n", "taffrail-system", "taffrail-ca").mustSucceed(t)
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
	refusedSoon(t, cluster.namespace(t), "of no-latest")
}

// serveManaged starts replicas with managed certificates behind one address, as behind a Service, and returns when reviews flow.
func serveManaged(t *testing.T, replicas int, flags ...string) []*taffrail {
	t.Helper()
	cluster.kubectl(t, "", "delete", "--ignore-not-found", "-n", "taffrail-system", "secret/taffrail-ca").mustSucceed(t)
	front := newBalancer(t)
	servers := serveClusterWith(t, replicas, options{
		webhookURL: "https://" + front.Addr().String(), flags: flags, tls: "managed",
	})
	t.Cleanup(func() {
		cluster.kubectl(t, "", "delete", "--ignore-not-found", "-n", "taffrail-system", "secret/taffrail-ca").mustSucceed(t)
	})
	front.serve(servers)
	apply(t, noLatest)
	apply(t, `{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: mutating},
		spec: {mutators: [{name: default-prometheus-annotations}]}}`)
	namespace := cluster.namespace(t)
	refusedSoon(t, namespace, "of no-latest")
	require.Eventually(t, func() bool {
		return strings.Contains(cluster.kubectl(t, "", "run", "web", "--image=registry.example.com/web:v1", "--dry-run=server", "-n", namespace, "-o", "yaml",
			`--overrides={"spec":{"containers":[{"name":"web","image":"registry.example.com/web:v1","ports":[{"name":"metrics","containerPort":8080}]}]}}`).stdout, "prometheus.io/")
	}, soon, interval)
	return servers
}

// authority is a certificate of the Secret, as PEM in base 64; "" where there is none.
func authority(t *testing.T, key string) string {
	t.Helper()
	return cluster.kubectl(t, "", "get", "secret", "-n", "taffrail-system", "taffrail-ca", "--ignore-not-found",
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
	listener, err := net.Listen("tcp", "127.0.0.1:0")
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

// admissions are Pods that are tried out at an API server, good and bad ones.
type admissions struct {
	stop     context.CancelFunc
	wg       sync.WaitGroup
	mu       sync.Mutex
	good     int
	bad      int
	failures []string
}

// admit sends some fifty Pods a second, as many at once as makes the API server open connections.
func admit(t *testing.T) *admissions {
	t.Helper()
	config := rest.CopyConfig(cluster.config)
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	namespace := cluster.namespace(t)
	ctx, stop := context.WithCancel(t.Context())
	a := &admissions{stop: stop}
	t.Cleanup(func() { stop(); a.wg.Wait() })
	a.wg.Go(func() {
		ticker := time.NewTicker(time.Second)
		defer ticker.Stop()
		for n := 0; ; n++ {
			for i := range 50 {
				a.wg.Go(func() { a.try(ctx, client, namespace, i%2 == 0) })
			}
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
	})
	return a
}

func (a *admissions) try(ctx context.Context, client kubernetes.Interface, namespace string, good bool) {
	image := map[bool]string{true: "registry.example.com/web:v1", false: "nginx"}[good]
	pod, err := client.CoreV1().Pods(namespace).Create(ctx, &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "web-"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: image, Ports: []corev1.ContainerPort{{Name: "metrics", ContainerPort: 8080}}}}},
	}, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if ctx.Err() != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case good && err == nil && len(pod.Annotations) > 0:
		a.good++
	case !good && err != nil && strings.Contains(err.Error(), "image-latest-tag: spec.containers[0].image"):
		a.bad++
	default:
		a.failures = append(a.failures, fmt.Sprintf("%s good=%t: %v, annotations %v", time.Now().Format(time.TimeOnly), good, err, pod.GetAnnotations()))
	}
}

// mustBeAdmitted ends the load, of which nothing may have failed.
func (a *admissions) mustBeAdmitted(t *testing.T) {
	t.Helper()
	a.stop()
	a.wg.Wait()
	require.Empty(t, a.failures)
	t.Logf("%d Pods were taken and changed, %d refused, none failed", a.good, a.bad)
	assert.Greater(t, a.good, 200)
	assert.Greater(t, a.bad, 200)
}
