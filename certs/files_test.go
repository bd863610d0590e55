package certs_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/util/pki"
	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/certs"
)

const (
	patience = 20 * time.Second
	tick     = 20 * time.Millisecond
)

func TestFilesAtStart(t *testing.T) {
	good, other := newPair(t, time.Hour), newPair(t, time.Hour)
	for name, test := range map[string]struct {
		files map[string]string
		says  []string
	}{
		"empty directory":        {nil, []string{"tls.crt: no such file", "--cert-dir must hold tls.crt and tls.key"}},
		"no key":                 {map[string]string{"tls.crt": good.cert}, []string{"tls.key: no such file", "--cert-dir must hold tls.crt and tls.key"}},
		"no certificate":         {map[string]string{"tls.key": good.key}, []string{"tls.crt: no such file", "--cert-dir must hold tls.crt and tls.key"}},
		"certificate is garbage": {map[string]string{"tls.crt": "hello", "tls.key": good.key}, []string{"tls.crt with the key", "in certificate input", "write a PEM certificate"}},
		"key is garbage":         {map[string]string{"tls.crt": good.cert, "tls.key": "hello"}, []string{"tls.key: ", "in key input", "write a PEM certificate"}},
		"another pair's key":     {map[string]string{"tls.crt": good.cert, "tls.key": other.key}, []string{"tls.crt", "tls.key", "does not match", "the private key that belongs to it"}},
		"the two swapped":        {map[string]string{"tls.crt": good.key, "tls.key": good.cert}, []string{"tls.crt", "may have been switched", "write a PEM certificate"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, content := range test.files {
				write(t, dir, file, content)
			}
			_, err := certs.NewFiles(dir, logr.Discard())
			require.Error(t, err)
			assert.NotContains(t, err.Error(), "\n", "one line")
			for _, words := range append(test.says, dir) {
				require.ErrorContains(t, err, words)
			}
		})
	}

	t.Run("a directory in a file's place", func(t *testing.T) {
		dir := t.TempDir()
		require.NoError(t, os.Mkdir(filepath.Join(dir, "tls.crt"), 0o755))
		_, err := certs.NewFiles(dir, logr.Discard())
		require.ErrorContains(t, err, filepath.Join(dir, "tls.crt"))
		require.ErrorContains(t, err, "files that this process may read")
	})
}

// Each way in which a pair is replaced on a disk.
var replacements = map[string]struct {
	first, next func(*testing.T, string, pair)
}{
	"written in place": {writeInPlace, writeInPlace},
	"renamed over":     {writeInPlace, renameOver},
	"Secret swapped":   {swapSecret, swapSecret},
}

func TestFilesReloadUnderOpenConnections(t *testing.T) {
	for name, replace := range replacements {
		t.Run(name, func(t *testing.T) {
			dir, first := t.TempDir(), newPair(t, time.Hour)
			replace.first(t, dir, first)
			source, _ := follow(t, dir)
			address := serve(t, source)

			var requests, dialed atomic.Int64
			var clients sync.WaitGroup
			stop := make(chan struct{})
			const connections = 8
			for range connections {
				clients.Go(func() {
					transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: first.roots, ServerName: "localhost"}}
					transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
						dialed.Add(1)
						return (&net.Dialer{}).DialContext(ctx, network, address)
					}
					defer transport.CloseIdleConnections()
					client := http.Client{Transport: transport}
					for {
						response, err := client.Get("https://" + address)
						if err != nil {
							assert.Fail(t, "a request failed over the reload", err)
							return
						}
						_, err = io.Copy(io.Discard, response.Body)
						assert.NoError(t, err)
						assert.NoError(t, response.Body.Close())
						requests.Add(1)
						select {
						case <-stop:
							return
						case <-time.After(time.Millisecond): // room for the others on a small machine
						}
					}
				})
			}
			require.Eventually(t, func() bool { return dialed.Load() == connections && requests.Load() >= connections }, patience, tick)

			// Several times: the second replacement is not the first to a watch that was set up
			// again.
			for range 3 {
				next := newPair(t, time.Hour)
				replace.next(t, dir, next)
				requireServed(t, address, next)
			}
			before := requests.Load()
			require.Eventually(t, func() bool { return requests.Load() > before+connections }, patience, tick)
			close(stop)
			clients.Wait()
			assert.EqualValues(t, connections, dialed.Load(), "a connection was dropped over the reload")
		})
	}
}

func TestFilesRefusesABadPairAndServesOn(t *testing.T) {
	t.Parallel()
	other := newPair(t, time.Hour)
	overwrite := func(name, content string) func(string) error {
		return func(dir string) error { return os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600) }
	}
	for name, test := range map[string]struct {
		spoil func(dir string) error
		says  string
	}{
		"another pair's key": {overwrite("tls.key", other.key), "does not match"},
		"garbage":            {overwrite("tls.crt", "hello"), "in certificate input"},
		"empty":              {overwrite("tls.key", ""), "in key input"},
		"missing file":       {func(dir string) error { return os.Remove(filepath.Join(dir, "tls.key")) }, "no such file"},
		"missing directory":  {os.RemoveAll, "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir, good := filepath.Join(t.TempDir(), "tls"), newPair(t, time.Hour)
			require.NoError(t, os.Mkdir(dir, 0o755))
			writeInPlace(t, dir, good)
			source, logged := follow(t, dir)
			address := serve(t, source)
			requireServed(t, address, good)

			require.NoError(t, test.spoil(dir))
			require.Eventually(t, func() bool { return logged.has("refused", test.says, dir, "tls.key", "tls.crt") }, patience, tick, logged)
			requireServed(t, address, good)

			next := newPair(t, time.Hour)
			require.NoError(t, os.MkdirAll(dir, 0o755))
			writeInPlace(t, dir, next)
			requireServed(t, address, next)
		})
	}
}

func TestFilesSaysARefusalOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	writeInPlace(t, dir, newPair(t, time.Hour))
	_, logged := follow(t, dir)
	refusals := func(n int) func() bool { return func() bool { return logged.count("refused") == n } }

	write(t, dir, "tls.crt", "hello")
	require.Eventually(t, refusals(1), patience, tick)
	require.Never(t, refusals(2), 2500*time.Millisecond, tick, "the same mistake again, at every reading")
	write(t, dir, "tls.crt", newPair(t, time.Hour).cert)
	require.Eventually(t, refusals(2), patience, tick, "another mistake")
}

func TestFilesExpiry(t *testing.T) {
	t.Parallel()
	dir, first := t.TempDir(), newPair(t, time.Hour)
	writeInPlace(t, dir, first)
	source, _ := follow(t, dir)
	assert.Equal(t, map[string]time.Time{certs.Serving: first.leaf.NotAfter}, source.Expiry(), "no ca.crt")

	write(t, dir, "ca.crt", "hello")
	assert.Equal(t, map[string]time.Time{certs.Serving: first.leaf.NotAfter}, source.Expiry(), "a ca.crt that cannot be read")

	write(t, dir, "ca.crt", newPair(t, 2*time.Hour).ca+first.ca)
	assert.Equal(t, map[string]time.Time{certs.Serving: first.leaf.NotAfter, certs.CA: first.authority.NotAfter}, source.Expiry(), "the first to expire")

	next := newPair(t, 3*time.Hour)
	writeInPlace(t, dir, next)
	require.Eventually(t, func() bool { return source.Expiry()[certs.Serving].Equal(next.leaf.NotAfter) }, patience, tick)
}

// A leader that looked later would trust a new authority when its certificates are served already.
func TestFilesTellTheLeaderOfAnotherAuthority(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first, next := newPair(t, time.Hour), newPair(t, time.Hour)
	writeInPlace(t, dir, first)
	write(t, dir, "ca.crt", first.ca)
	source, _ := follow(t, dir)

	var trusted atomic.Value
	var lead sync.WaitGroup
	ctx, cancel := context.WithCancel(t.Context())
	lead.Go(func() { source.Lead(ctx, certs.Clients{Changed: func() { trusted.Store(string(source.CABundle())) }}) })
	require.Eventually(t, func() bool { return trusted.Load() == first.ca }, patience, tick)
	write(t, dir, "ca.crt", next.ca+first.ca)
	require.Eventually(t, func() bool { return trusted.Load() == next.ca+first.ca }, patience, tick)
	cancel()
	lead.Wait()
}

func TestFilesStartEndsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	writeInPlace(t, dir, newPair(t, time.Hour))
	follow(t, dir) // its cleanup asserts it
}

// follow starts serving the files of dir until the test ends.
func follow(t *testing.T, dir string) (*certs.Files, *logLines) {
	t.Helper()
	logged := &logLines{}
	source, err := certs.NewFiles(dir, funcr.New(logged.write, funcr.Options{}))
	require.NoError(t, err)
	ended := make(chan error)
	go func() { ended <- source.Start(t.Context()) }() // ends just before the cleanup
	t.Cleanup(func() {
		select {
		case err := <-ended:
			assert.NoError(t, err)
		case <-time.After(patience):
			assert.Fail(t, "Start outlives its context")
		}
	})
	return source, logged
}

func requireServed(t *testing.T, address string, want pair) {
	t.Helper()
	require.EventuallyWithT(t, func(c *assert.CollectT) {
		assert.Equal(c, want.leaf.SerialNumber, served(c, address, want.roots).SerialNumber)
	}, patience, tick)
}

type logLines struct {
	mu    sync.Mutex
	lines []string
}

func (l *logLines) write(prefix, arguments string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, prefix+arguments)
}

func (l *logLines) count(words ...string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	count := 0
	for _, line := range l.lines {
		all := true
		for _, word := range words {
			all = all && strings.Contains(line, word)
		}
		if all {
			count++
		}
	}
	return count
}

func (l *logLines) has(words ...string) bool { return l.count(words...) > 0 }

// pair is a certificate for localhost and its key, with the authority that signed it.
type pair struct {
	cert, key, ca   string // PEM
	leaf, authority *x509.Certificate
	roots           *x509.CertPool
}

func newPair(t *testing.T, life time.Duration) pair {
	t.Helper()
	sign := func(spec cmapi.CertificateSpec, parent *x509.Certificate, parentKey *ecdsa.PrivateKey) (string, *x509.Certificate, *ecdsa.PrivateKey) {
		key, err := pki.GenerateECPrivateKey(pki.ECCurve256)
		require.NoError(t, err)
		template, err := pki.CertificateTemplateFromCertificate(&cmapi.Certificate{Spec: spec})
		require.NoError(t, err)
		if parent == nil {
			parent, parentKey = template, key
		}
		encoded, cert, err := pki.SignCertificate(template, parent, key.Public(), parentKey)
		require.NoError(t, err)
		return string(encoded), cert, key
	}
	ca, authority, authorityKey := sign(cmapi.CertificateSpec{CommonName: "test authority", IsCA: true, Duration: &metav1.Duration{Duration: 2 * life}}, nil, nil)
	cert, leaf, key := sign(cmapi.CertificateSpec{DNSNames: []string{"localhost"}, Duration: &metav1.Duration{Duration: life}}, authority, authorityKey)
	encodedKey, err := pki.EncodePKCS8PrivateKey(key)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	return pair{cert: cert, key: string(encodedKey), ca: ca, leaf: leaf, authority: authority, roots: roots}
}

func parse(t *testing.T, file string) *x509.Certificate {
	t.Helper()
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	block, rest := pem.Decode(content)
	require.NotNil(t, block)
	require.Empty(t, bytes.TrimSpace(rest))
	cert, err := x509.ParseCertificate(block.Bytes)
	require.NoError(t, err)
	return cert
}

func write(t *testing.T, dir, file, content string) {
	t.Helper()
	require.NoError(t, os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600))
}

func writeInPlace(t *testing.T, dir string, p pair) {
	t.Helper()
	write(t, dir, "tls.crt", p.cert)
	write(t, dir, "tls.key", p.key)
}

func renameOver(t *testing.T, dir string, p pair) {
	t.Helper()
	write(t, dir, "new.crt", p.cert)
	write(t, dir, "new.key", p.key)
	require.NoError(t, os.Rename(filepath.Join(dir, "new.crt"), filepath.Join(dir, "tls.crt")))
	require.NoError(t, os.Rename(filepath.Join(dir, "new.key"), filepath.Join(dir, "tls.key")))
}

// swapSecret does what the kubelet does: the files are links through ..data, which is a link to a
// directory with the content; a new content is a new directory, a rename of ..data, and the end of
// the old directory.
func swapSecret(t *testing.T, dir string, p pair) {
	t.Helper()
	content, err := os.MkdirTemp(dir, "..content_")
	require.NoError(t, err)
	writeInPlace(t, content, p)
	data := filepath.Join(dir, "..data")
	old, err := os.Readlink(data)
	first := os.IsNotExist(err)
	require.NoError(t, os.Symlink(filepath.Base(content), data+"_tmp"))
	require.NoError(t, os.Rename(data+"_tmp", data))
	if first {
		require.NoError(t, os.Symlink("..data/tls.crt", filepath.Join(dir, "tls.crt")))
		require.NoError(t, os.Symlink("..data/tls.key", filepath.Join(dir, "tls.key")))
		return
	}
	require.NoError(t, os.RemoveAll(filepath.Join(dir, old)))
}
