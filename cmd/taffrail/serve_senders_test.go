package main

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/certs"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/webhook"
)

// guarded is a server that takes reviews of clients of an authority.
type guarded struct {
	url, metricsURL, healthURL string
	caFile                     string
	registry                   *prometheus.Registry

	mu  sync.Mutex
	log []string
}

func (g *guarded) logged() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return append([]string(nil), g.log...)
}

func (g *guarded) scraped(t *testing.T) string {
	t.Helper()
	response, err := http.Get(g.metricsURL + "/metrics")
	require.NoError(t, err)
	defer response.Body.Close()
	metrics, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return string(metrics)
}

func guard(t *testing.T, ca, name string) *guarded {
	t.Helper()
	g := &guarded{caFile: filepath.Join(t.TempDir(), "ca.crt"), registry: prometheus.NewRegistry()}
	require.NoError(t, os.WriteFile(g.caFile, []byte(ca), 0o600))
	log := funcr.New(func(prefix, arguments string) {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.log = append(g.log, prefix+arguments)
	}, funcr.Options{})
	source, err := certs.NewSelfSigned()
	require.NoError(t, err)
	senders, err := certs.NewSenders(g.caFile, name, log)
	require.NoError(t, err)
	set, err := guardrail.Compile(guardrail.Default(), guardrail.Options{})
	require.NoError(t, err)
	addresses := freeAddresses(t, 3)
	g.url, g.metricsURL, g.healthURL = "https://"+addresses[0], "http://"+addresses[1], "http://"+addresses[2]
	server := &webhook.Server{
		Address: addresses[0], MetricsAddress: addresses[1], HealthAddress: addresses[2],
		TLS: func(config *tls.Config) {
			certs.TLSConfig(source)(config)
			senders.Configure(config)
		},
		Handler: &webhook.Handler{
			Set: func() *guardrail.Set { return set }, Metrics: webhook.NewMetrics(g.registry), Log: log, Senders: senders.Check,
			BreakGlassGroup: "firefighters",
			Refused: func(string, *guardrail.Decision) {
				g.registry.MustRegister(prometheus.NewGauge(prometheus.GaugeOpts{Name: "told"}))
			},
		},
		Metrics: g.registry, Ready: func() error { return nil }, Log: logr.Discard(),
	}
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { assert.NoError(t, server.Run(ctx)) })
	running.Go(func() { assert.NoError(t, senders.Start(ctx)) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	require.Eventually(t, func() bool {
		response, err := http.Get(g.healthURL + "/readyz")
		if err == nil {
			_ = response.Body.Close()
		}
		return err == nil && response.StatusCode == http.StatusOK
	}, 10*time.Second, 10*time.Millisecond, "readiness asks for no certificate")
	return g
}

func freeAddresses(t *testing.T, n int) (all []string) {
	t.Helper()
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer listener.Close()
		all = append(all, listener.Addr().String())
	}
	return all
}

// with is a client that shows certificates.
func with(t *testing.T, certificates ...tls.Certificate) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{
		InsecureSkipVerify: true, Certificates: certificates, ClientSessionCache: tls.NewLRUClientSessionCache(8),
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

// refusable is a review of a Pod that the default guardrail refuses.
const refusable = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-1",
	"kind":{"group":"","version":"v1","kind":"Pod"},"resource":{"group":"","version":"v1","resource":"pods"},
	"namespace":"shop","operation":"CREATE","userInfo":{"username":"mallory","groups":["firefighters"]},
	"object":{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[{"name":"web","image":"nginx"}]}}}}`

func send(t *testing.T, client *http.Client, url string) (int, string) {
	t.Helper()
	response, err := client.Post(url, "application/json", strings.NewReader(refusable))
	require.NoError(t, err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	return response.StatusCode, string(body)
}

func TestWhoMaySendReviews(t *testing.T) {
	ours := newAuthority(t)
	intermediate := &authority{}
	intermediate.certificate, intermediate.key = ours.sign(t, &x509.Certificate{
		Subject: pkix.Name{CommonName: "intermediate"}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	})
	leaf := notAnAuthority(t, ours)
	apiServer := x509.Certificate{Subject: pkix.Name{CommonName: "kube-apiserver"}}
	named := guard(t, ours.pem(), "kube-apiserver")
	nameless := guard(t, ours.pem(), "")
	for name, test := range map[string]struct {
		server *guarded
		shows  []tls.Certificate
		want   string // in the refusal; none: it may
	}{
		"a certificate of the authority":        {server: named, shows: []tls.Certificate{ours.client(t, apiServer)}},
		"one with the name among its DNS names": {server: named, shows: []tls.Certificate{ours.client(t, x509.Certificate{Subject: pkix.Name{CommonName: "x"}, DNSNames: []string{"a", "kube-apiserver"}})}},
		"one of an intermediate, shown too":     {server: named, shows: []tls.Certificate{intermediate.client(t, apiServer, intermediate.certificate)}},
		"any name, where none is asked for":     {server: nameless, shows: []tls.Certificate{ours.client(t, x509.Certificate{Subject: pkix.Name{CommonName: "whoever"}})}},

		"no certificate":                         {named, nil, "no client certificate was shown"},
		"no certificate, where any name will do": {nameless, nil, "no client certificate was shown"},
		"another authority of the same name":     {named, []tls.Certificate{newAuthority(t).client(t, apiServer)}, "signed by unknown authority"},
		"one that it has signed itself":          {named, []tls.Certificate{(&authority{}).client(t, apiServer)}, "signed by unknown authority"},
		"one of an intermediate, not shown":      {named, []tls.Certificate{intermediate.client(t, apiServer)}, "signed by unknown authority"},
		"another name":                           {named, []tls.Certificate{ours.client(t, x509.Certificate{Subject: pkix.Name{CommonName: "kubelet"}})}, `is of "kubelet": must be of "kube-apiserver" (--client-name)`},
		"a name that begins the same":            {named, []tls.Certificate{ours.client(t, x509.Certificate{Subject: pkix.Name{CommonName: "kube-apiserver.evil.example"}})}, "must be of"},
		"a pattern for a name":                   {named, []tls.Certificate{ours.client(t, x509.Certificate{DNSNames: []string{"*"}})}, "must be of"},
		"the name for an organization":           {named, []tls.Certificate{ours.client(t, x509.Certificate{Subject: pkix.Name{CommonName: "x", Organization: []string{"kube-apiserver"}}})}, "must be of"},
		"an expired one":                         {named, []tls.Certificate{ours.client(t, x509.Certificate{Subject: apiServer.Subject, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(-time.Hour)})}, "expired"},
		"one that is not valid yet":              {named, []tls.Certificate{ours.client(t, x509.Certificate{Subject: apiServer.Subject, NotBefore: time.Now().Add(time.Hour), NotAfter: time.Now().Add(2 * time.Hour)})}, "not yet valid"},
		"the certificate of a server":            {named, []tls.Certificate{ours.client(t, x509.Certificate{Subject: apiServer.Subject, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})}, "key usage"},
		"a leaf that signs":                      {named, []tls.Certificate{leaf.client(t, apiServer, leaf.certificate)}, "is not accepted"},
		"more certificates than anybody has":     {named, []tls.Certificate{intermediate.client(t, apiServer, slicesOf(intermediate.certificate, 20)...)}, "21 certificates were shown: must be 8 at most"},
	} {
		t.Run(name, func(t *testing.T) {
			client := with(t, test.shows...)
			for _, path := range []string{names.MutatePath, names.ValidatePath} {
				for range 2 { // what is found out once is found out again
					status, body := send(t, client, test.server.url+path)
					if test.want == "" {
						assert.Equal(t, http.StatusOK, status, body)
						continue
					}
					assert.Equal(t, http.StatusForbidden, status)
					assert.Contains(t, body, test.want)
					assert.Contains(t, body, "taffrail takes reviews of the API server alone (--client-ca)")
					assert.Less(t, len(body), 2048)
				}
			}
		})
	}
}

// What a forged review says is in no Event, no counter of findings or of who broke
// the glass, and in a few lines of the log.
func TestARefusedSenderLeavesNothing(t *testing.T) {
	g := guard(t, newAuthority(t).pem(), "")
	client, start := with(t), time.Now()
	request, err := http.NewRequest(http.MethodPost, g.url+names.ValidatePath, strings.NewReader(refusable))
	require.NoError(t, err)
	// Nobody stands between the API server and us, so no header says who sends.
	for header, value := range map[string]string{
		"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Client-Cert": `Subject="CN=kube-apiserver"`, "X-Remote-User": "system:apiserver",
		"X-Ssl-Client-Verify": "SUCCESS", "Authorization": "Bearer forged", "Content-Type": "application/json",
	} {
		request.Header.Set(header, value)
	}
	response, err := client.Do(request)
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	assert.Equal(t, http.StatusForbidden, response.StatusCode)
	assert.True(t, response.Close, "another try costs another handshake")
	for range 100 {
		status, _ := send(t, client, g.url+names.ValidatePath)
		require.Equal(t, http.StatusForbidden, status)
	}

	metrics := g.scraped(t)
	assert.Contains(t, metrics, `taffrail_admission_requests_total{kind="",operation="",result="rejected",webhook="validate"} 101`+"\n")
	assert.Contains(t, metrics, "taffrail_break_glass_total 0\n")
	for _, absent := range []string{"taffrail_findings_total{", "taffrail_exempted_total{", `result="break-glass"`, "told"} {
		assert.NotContains(t, metrics, absent)
	}
	lines := g.logged()
	require.NotEmpty(t, lines)
	assert.LessOrEqual(t, len(lines), 12+int(time.Since(start).Seconds()), "%v", lines)
	assert.Contains(t, lines[0], "its sender has no right to send any")
	assert.NotContains(t, strings.Join(lines, "\n"), "mallory")
}

func TestProbesAndMetricsAskForNoCertificate(t *testing.T) {
	g := guard(t, newAuthority(t).pem(), "kube-apiserver")
	for _, url := range []string{g.healthURL + "/healthz", g.healthURL + "/readyz", g.metricsURL + "/metrics"} {
		response, err := http.Get(url)
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		assert.Equal(t, http.StatusOK, response.StatusCode, url)
	}
}

// An authority that is taken away is trusted no more: on new connections, on open
// ones, and on sessions that a client would resume.
func TestAnAuthorityIsReplaced(t *testing.T) {
	before, after := newAuthority(t), newAuthority(t)
	g := guard(t, before.pem(), "")
	old, next := with(t, before.client(t, x509.Certificate{})), with(t, after.client(t, x509.Certificate{}))
	status := func(client *http.Client) int {
		code, _ := send(t, client, g.url+names.ValidatePath)
		return code
	}
	require.Equal(t, http.StatusOK, status(old), "its connection is open from now on")
	require.Equal(t, http.StatusForbidden, status(next))

	write := func(content string) {
		t.Helper()
		file := g.caFile + ".new"
		require.NoError(t, os.WriteFile(file, []byte(content), 0o600))
		require.NoError(t, os.Rename(file, g.caFile))
	}
	write(before.pem() + after.pem())
	require.Eventually(t, func() bool { return status(next) == http.StatusOK }, 10*time.Second, 20*time.Millisecond)
	require.Equal(t, http.StatusOK, status(old), "while both are there, both may")

	write("no certificate")
	require.Eventually(t, func() bool { return strings.Contains(strings.Join(g.logged(), "\n"), "the last good ones stay") }, 10*time.Second, 20*time.Millisecond)
	require.Equal(t, http.StatusOK, status(next))

	write(after.pem())
	require.Eventually(t, func() bool { return status(old) == http.StatusForbidden }, 10*time.Second, 20*time.Millisecond)
	require.Equal(t, http.StatusForbidden, status(old), "nor when it connects anew, and would resume")
	require.Equal(t, http.StatusOK, status(next))
}

// An open connection ends with its certificate, not with the last of its requests.
func TestACertificateExpiresOnAnOpenConnection(t *testing.T) {
	ours := newAuthority(t)
	g := guard(t, ours.pem(), "")
	soon := time.Now().Add(2 * time.Second).Truncate(time.Second)
	client := with(t, ours.client(t, x509.Certificate{NotBefore: time.Now().Add(-time.Hour), NotAfter: soon}))
	status, body := send(t, client, g.url+names.ValidatePath)
	require.Equal(t, http.StatusOK, status, body)
	require.Eventually(t, func() bool {
		status, body = send(t, client, g.url+names.ValidatePath)
		return status == http.StatusForbidden
	}, 10*time.Second, 50*time.Millisecond)
	assert.Contains(t, body, "expired")
}

// Two requests that somebody puts into one are two: each is of its connection.
func TestARequestInARequestIsOfTheSameSender(t *testing.T) {
	ours := newAuthority(t)
	g := guard(t, ours.pem(), "")
	for name, head := range map[string]string{
		"both lengths":       "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
		"two lengths":        "Content-Length: 0\r\nContent-Length: 4\r\n\r\n",
		"an encoding hidden": "Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
		"a body of nothing":  "Content-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			connection, err := tls.Dial("tcp", strings.TrimPrefix(g.url, "https://"), &tls.Config{InsecureSkipVerify: true})
			require.NoError(t, err)
			defer connection.Close()
			inner := "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
			_, err = connection.Write([]byte("POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + head + inner))
			require.NoError(t, err)
			require.NoError(t, connection.SetReadDeadline(time.Now().Add(10*time.Second)))
			answers, _ := io.ReadAll(connection) // which may end with a reset
			assert.NotContains(t, string(answers), "200 OK")
			assert.NotContains(t, string(answers), "AdmissionReview: ", "nothing of it is decoded")
			assert.LessOrEqual(t, bytes.Count(answers, []byte("HTTP/1.1 ")), 1, "the connection is closed: %s", answers)
		})
	}
}

func TestWhatIsNoFileOfAuthorities(t *testing.T) {
	dir := t.TempDir()
	empty, key := filepath.Join(dir, "empty"), filepath.Join(dir, "key")
	require.NoError(t, os.WriteFile(empty, nil, 0o600))
	require.NoError(t, os.WriteFile(key, []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"), 0o600))
	for _, file := range []string{filepath.Join(dir, "missing"), dir, empty, key} {
		_, err := certs.NewSenders(file, "", logr.Discard())
		require.ErrorContains(t, err, "--client-ca must be a file of PEM certificates", file)
	}
	require.EqualError(t, (&senderOptions{clientName: "kube-apiserver"}).check(), "--client-name goes with --client-ca: without it no client shows a certificate")
}
