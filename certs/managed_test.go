package certs_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/cert-manager/cert-manager/pkg/util/pki"
	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/certs"
)

const (
	day     = 24 * time.Hour
	service = "taffrail.taffrail-system.svc"
	settled = 10 * time.Second
)

// installation is some replicas, one Secret, and an API server that calls them.
type installation struct {
	t        *testing.T
	secrets  secretStore
	replicas []*certs.Managed
	logged   logLines
	ca, leaf time.Duration

	mu      sync.Mutex
	lag     time.Duration // after which the API server goes by what is written
	wrote   []byte        // the caBundle of the configurations
	trusts  []byte        // what the API server goes by
	writes  int           // of the configurations
	seen    int           // the last one that the API server goes by
	frozen  bool          // nobody keeps the configurations
	stopped []context.CancelFunc
}

// install starts replicas, of which none leads yet.
func install(t *testing.T, replicas int) *installation {
	t.Helper()
	i := &installation{t: t, ca: 365 * day, leaf: 7 * day, lag: settled / 2}
	for range replicas {
		i.start()
	}
	return i
}

func (i *installation) start(names ...string) *certs.Managed {
	m := certs.NewManaged(certs.ManagedOptions{
		Secrets: &i.secrets, Names: append([]string{service}, names...), CADuration: i.ca, CertificateDuration: i.leaf,
		Log: funcr.New(i.logged.write, funcr.Options{}),
	})
	ctx, stop := context.WithCancel(i.t.Context())
	i.stopped = append(i.stopped, stop)
	go func() { _ = m.Start(ctx) }()
	i.replicas = append(i.replicas, m)
	return m
}

// lead has a replica lead until the answered function is called.
func (i *installation) lead(m *certs.Managed) (end func()) {
	ctx, stop := context.WithCancel(i.t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		m.Lead(ctx, certs.Clients{
			Trust:   func(context.Context) ([][]byte, error) { return i.bundles(), nil },
			Changed: func() { i.keep(m) },
		})
	}()
	return func() { stop(); <-done }
}

func (i *installation) bundles() [][]byte {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.wrote == nil {
		return nil // no configuration yet
	}
	return [][]byte{i.wrote, i.wrote}
}

// keep is the leader's other half: it writes the configurations, and the API server goes by them
// some time later.
func (i *installation) keep(m *certs.Managed) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := m.CABundle()
	if now == nil || i.frozen || bytes.Equal(now, i.wrote) {
		return
	}
	first := i.wrote == nil
	i.wrote = now
	if first {
		i.trusts = now
		return
	}
	i.writes++
	write := i.writes
	time.AfterFunc(i.lag, func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		if write > i.seen {
			i.trusts, i.seen = now, write
		}
	})
}

// call has the API server call every replica that has a certificate.
func (i *installation) call() {
	i.t.Helper()
	synctest.Wait()
	i.mu.Lock()
	defer i.mu.Unlock()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(i.trusts)
	for _, m := range i.replicas {
		served, err := m.GetCertificate(nil)
		require.NoError(i.t, err, "at %s", time.Now())
		_, err = served.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: service, CurrentTime: time.Now()})
		require.NoError(i.t, err, "at %s", time.Now())
	}
}

func (i *installation) handshake(m *certs.Managed, name string) error {
	i.mu.Lock()
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(i.trusts)
	i.mu.Unlock()
	config := &tls.Config{}
	certs.TLSConfig(m)(config)
	server, client := net.Pipe()
	// A pipe holds nothing: a client that hangs up while the server speaks would wait for it, and
	// it for the client.
	_ = client.SetDeadline(time.Now().Add(time.Millisecond))
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = tls.Server(server, config).Handshake() // the client says whether it went well
		_ = server.Close()                         // nobody reads what a client says that hangs up
	}()
	err := tls.Client(client, &tls.Config{RootCAs: roots, ServerName: name}).Handshake()
	_ = client.Close()
	<-done
	return err
}

// pass lets time pass, with calls all along.
func (i *installation) pass(span, step time.Duration) {
	i.t.Helper()
	for end := time.Now().Add(span); time.Now().Before(end); {
		time.Sleep(step)
		i.call()
	}
}

// turn passes the time in which a rotation happens, with calls every second.
func (i *installation) turn() {
	i.t.Helper()
	i.pass(4*settled, time.Second)
}

func (i *installation) signer() *x509.Certificate {
	i.t.Helper()
	cert, err := pki.DecodeX509CertificateBytes(i.secrets.data()["tls.crt"])
	require.NoError(i.t, err)
	return cert
}

func TestManagedMakesAnAuthorityForOurNamesOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := install(t, 1)
		m := i.start("127.0.0.1")
		synctest.Wait()
		_, err := m.GetCertificate(nil)
		require.EqualError(t, err, "no serving certificate yet: there is no Secret taffrail-ca: the leader makes it")
		assert.Nil(t, m.CABundle())
		assert.Empty(t, m.Expiry())

		defer i.lead(m)()
		i.call()
		require.NoError(t, i.handshake(m, "127.0.0.1"))
		require.Error(t, i.handshake(m, "taffrail.example.com"))
		ca := i.signer()
		assert.Equal(t, []string{service}, ca.PermittedDNSDomains)
		require.Len(t, ca.PermittedIPRanges, 1)
		assert.Equal(t, "127.0.0.1/32", ca.PermittedIPRanges[0].String())
		assert.True(t, ca.PermittedDNSDomainsCritical)
		assert.True(t, ca.MaxPathLenZero)
		leaf, err := m.GetCertificate(nil)
		require.NoError(t, err)
		assert.WithinDuration(t, time.Now().Add(7*day), leaf.Leaf.NotAfter, time.Second)
		assert.WithinDuration(t, time.Now().Add(-5*time.Minute), leaf.Leaf.NotBefore, time.Second, "clocks differ")
		assert.Equal(t, map[string]time.Time{certs.Serving: leaf.Leaf.NotAfter, certs.CA: ca.NotAfter}, m.Expiry())
	})
}

func TestManagedTenYearsWithoutAFailedConnection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := install(t, 3)
		end := i.lead(i.replicas[0])
		signers := map[string]bool{}
		for month := range 10 * 12 {
			i.pass(30*day, 51*time.Hour)
			signers[i.signer().SerialNumber.String()] = true
			if month%7 == 0 { // another one leads
				end()
				end = i.lead(i.replicas[month%3])
			}
			leaf, err := i.replicas[1].GetCertificate(nil)
			require.NoError(t, err)
			assert.Greater(t, time.Until(leaf.Leaf.NotAfter), 7*day/3-time.Minute)
		}
		end()
		assert.InDelta(t, 15, len(signers), 1, "an authority signs for two thirds of its year")
		bundle, err := pki.DecodeX509CertificateSetBytes(i.secrets.data()["ca.crt"])
		require.NoError(t, err)
		assert.LessOrEqual(t, len(bundle), 3, "what has expired is taken out")
	})
}

// Every second of a rotation, with an API server that is as late as is waited for.
func TestManagedRotationIsStaged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := install(t, 3)
		i.lag = settled - time.Millisecond
		defer i.lead(i.replicas[0])()
		i.call()
		first := i.signer()
		i.pass(365*day*2/3-time.Minute, day)
		for range 200 {
			i.pass(time.Second, time.Second)
		}
		second := i.signer()
		assert.NotEqual(t, first.SerialNumber, second.SerialNumber)
		assert.Equal(t, map[string]time.Time{certs.CA: second.NotAfter}[certs.CA], i.replicas[2].Expiry()[certs.CA], "every replica signs with it at once")
		assert.Contains(t, string(i.secrets.data()["ca.crt"]), pemOf(t, first), "the former one stays trusted")
		assert.NotContains(t, i.secrets.data(), "next.crt")
		i.pass(365*day/3+day, day)
		assert.NotContains(t, string(i.secrets.data()["ca.crt"]), pemOf(t, first), "until it has expired")
	})
}

func TestManagedLeaderCrashesBetweenAnyTwoWrites(t *testing.T) {
	for crash := range 4 {
		for _, lost := range []bool{true, false} { // the write, or only its answer
			synctest.Test(t, func(t *testing.T) {
				i := install(t, 2)
				end := i.lead(i.replicas[0])
				i.call()
				i.secrets.refuse = func(write int) error {
					if write != 2+crash { // the first was made above
						return nil
					}
					if !lost {
						go end()
						return nil
					}
					go end()
					return errors.New("the connection is gone")
				}
				i.pass(365*day*2/3-time.Minute, 51*time.Hour)
				for range 100 {
					i.pass(time.Second, time.Second)
				}
				end()
				defer i.lead(i.replicas[1])()
				i.turn()
				i.pass(150*day, 2*day)
				assert.False(t, i.logged.has("from now on: whether it is trusted could not be seen"))
			})
		}
	}
}

func TestManagedTwoLeadersDoNotHurt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := install(t, 3)
		for _, m := range i.replicas {
			defer i.lead(m)()
		}
		i.pass(800*day, 51*time.Hour)
		assert.False(t, i.logged.has("keeping the authority"), "who comes second says nothing")
	})
}

func TestManagedSecretIsDeleted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := install(t, 3)
		end := i.lead(i.replicas[0])
		defer func() { end() }()
		i.pass(30*day, day)
		for range 3 {
			before := i.signer()
			i.secrets.put(nil)
			i.call()
			assert.Equal(t, before.SerialNumber, i.signer().SerialNumber, "written back at once, with the authority in memory")
			i.turn()
			assert.NotEqual(t, before.SerialNumber, i.signer().SerialNumber, "and taken as the wish for another")
		}
		// While nobody leads.
		end()
		i.secrets.put(nil)
		i.pass(5*day, time.Hour)
		end = i.lead(i.replicas[2])
		i.turn()
		assert.NotNil(t, i.secrets.data())
	})
}

// What a person may do to the Secret. Nobody who calls must notice.
func TestManagedSecretIsOverwritten(t *testing.T) {
	for name, spoil := range map[string]func(*testing.T, *installation, map[string][]byte) map[string][]byte{
		"empty":                func(*testing.T, *installation, map[string][]byte) map[string][]byte { return map[string][]byte{} },
		"no key":               with("tls.key", nil),
		"garbage for a key":    with("tls.key", []byte("hello")),
		"garbage for who":      with("tls.crt", []byte("hello")),
		"garbage for trust":    with("ca.crt", []byte("hello")),
		"nobody is trusted":    with("ca.crt", nil),
		"garbage for the next": with("next.crt", []byte("hello")),
		"a serving certificate": func(t *testing.T, _ *installation, _ map[string][]byte) map[string][]byte {
			p := newPair(t, time.Hour)
			return map[string][]byte{"tls.crt": []byte(p.cert), "tls.key": []byte(p.key), "ca.crt": []byte(p.ca)}
		},
		"another installation's": func(t *testing.T, _ *installation, _ map[string][]byte) map[string][]byte {
			other := install(t, 1)
			defer other.lead(other.replicas[0])()
			synctest.Wait()
			return other.secrets.data()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				i := install(t, 3)
				defer i.lead(i.replicas[0])()
				i.pass(30*day, day)
				i.secrets.put(spoil(t, i, i.secrets.data()))
				i.turn()
				i.pass(400*day, 51*time.Hour)
			})
		})
	}
}

func TestManagedSecretFromABackupHasExpired(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := install(t, 2)
		defer i.lead(i.replicas[0])()
		i.call()
		backup := i.secrets.data()
		i.pass(500*day, day)
		i.secrets.put(backup)
		i.call()
		assert.Greater(t, time.Until(i.signer().NotAfter), time.Duration(0), "replaced at once")
		i.turn()
	})
}

func TestManagedGarbageAndNothingInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &installation{t: t, ca: 365 * day, leaf: 7 * day}
		i.secrets.put(map[string][]byte{"tls.crt": []byte("hello"), "mine": []byte("kept")})
		m := i.start()
		synctest.Wait()
		_, err := m.GetCertificate(nil)
		require.ErrorContains(t, err, "no serving certificate yet: the Secret taffrail-ca cannot be used: tls.crt with tls.key: ")
		assert.True(t, i.logged.has("the Secret of the authority holds what cannot be used", "delete it"))
		defer i.lead(m)()
		i.call()
		assert.True(t, i.logged.has("there was no authority that could be used: made a new one"))
		assert.Equal(t, "kept", string(i.secrets.data()["mine"]))
	})
}

// Where the configurations are somebody else's, and not looked after, the former authority is used
// as long as can be.
func TestManagedNobodyKeepsTheConfigurations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := install(t, 1)
		defer i.lead(i.replicas[0])()
		i.call()
		first := i.signer()
		i.frozen = true
		i.pass(365*day*5/6-day, day)
		assert.Equal(t, first.SerialNumber, i.signer().SerialNumber)
		assert.NotEmpty(t, i.secrets.data()["next.crt"], "there for people to trust")
		time.Sleep(2 * day)
		assert.NotEqual(t, first.SerialNumber, i.signer().SerialNumber)
		assert.True(t, i.logged.has("whether it is trusted could not be seen"))
	})
}

func TestManagedWithAnotherName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := install(t, 1)
		end := i.lead(i.replicas[0])
		i.pass(day, day)
		end()
		m := i.start("taffrail.example.com")
		defer i.lead(m)()
		i.turn()
		require.NoError(t, i.handshake(m, "taffrail.example.com"))
	})
}

func TestManagedShortLives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &installation{t: t, ca: 20 * time.Second, leaf: 3 * time.Second, lag: 500 * time.Millisecond}
		i.start()
		i.start()
		defer i.lead(i.replicas[0])()
		synctest.Wait()
		signers := map[string]bool{}
		for range 1000 {
			i.pass(100*time.Millisecond, 100*time.Millisecond)
			signers[i.signer().SerialNumber.String()] = true
		}
		assert.Greater(t, len(signers), 5)
		assert.False(t, i.logged.has("whether it is trusted could not be seen"))
	})
}

func TestManagedTellsAFailureOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := install(t, 1)
		i.secrets.refuse = func(int) error { return errors.New("the Namespace is terminating") }
		defer i.lead(i.replicas[0])()
		time.Sleep(5 * time.Minute)
		assert.InDelta(t, 10, i.logged.count("the Namespace is terminating"), 1, "every half minute")
	})
}

func with(key string, value []byte) func(*testing.T, *installation, map[string][]byte) map[string][]byte {
	return func(_ *testing.T, _ *installation, data map[string][]byte) map[string][]byte {
		data[key] = value
		if value == nil {
			delete(data, key)
		}
		return data
	}
}

func pemOf(t *testing.T, cert *x509.Certificate) string {
	t.Helper()
	encoded, err := pki.EncodeX509(cert)
	require.NoError(t, err)
	return string(encoded)
}
