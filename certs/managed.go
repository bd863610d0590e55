package certs

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/cache"

	"taffrail.dev/taffrail/internal/names"
)

const (
	// skew is how far the clock of an API server may be behind ours. It is taken off where a life
	// begins, and off nothing that is reckoned from there.
	skew = 5 * time.Minute
	// longestSettling is how long after a configuration was written every API server goes by it:
	// they watch, so that it takes milliseconds; one that has lost its etcd tries again every
	// second or two. It costs nothing to wait: who signs now is trusted for months to come.
	longestSettling = 10 * time.Second
)

// ManagedOptions are what a Managed certificate needs.
type ManagedOptions struct {
	Secrets             client.SecretInterface // of the Namespace that Taffrail runs in
	Names               []string               // DNS names and IP addresses that clients call us by
	CADuration          time.Duration          // how long an authority lives
	CertificateDuration time.Duration          // how long a serving certificate lives, at most as long as who signed it
	Log                 logr.Logger
}

// Managed is a certificate from an authority that all replicas share in a Secret. Each signs its
// own, in memory. One of them, the leader, keeps the authority (Lead).
type Managed struct {
	options  ManagedOptions
	informer cache.Controller
	changed  chan struct{} // the Secret has

	mu    sync.Mutex
	state state                // of the last Secret that made sense
	known map[string]time.Time // since when who is trusted has been, by the certificate
	why   error                // there is no state

	signer  *authority // of the leaf
	leaf    *tls.Certificate
	renewAt time.Time
}

// NewManaged prepares one. Nothing is asked of the API server before Start.
func NewManaged(o ManagedOptions) *Managed {
	m := &Managed{
		options: o, changed: make(chan struct{}, 1), known: map[string]time.Time{},
		why: fmt.Errorf("the Secret %s has not been read from the API server yet", names.Authority),
	}
	byName := fields.OneTermEqualSelector(metav1.ObjectNameField, names.Authority).String()
	_, m.informer = cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.ToListWatcherWithWatchListSemantics(&cache.ListWatch{
			ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (runtime.Object, error) {
				options.FieldSelector = byName
				list, err := o.Secrets.List(ctx, options)
				switch {
				case err != nil:
					m.without(fmt.Errorf("read the Secret %s: %w", names.Authority, err))
				case len(list.Items) == 0:
					m.without(fmt.Errorf("there is no Secret %s: the leader makes it", names.Authority))
				}
				return list, err
			},
			WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
				options.FieldSelector = byName
				return o.Secrets.Watch(ctx, options)
			},
		}, o.Secrets),
		ObjectType: &corev1.Secret{},
		Handler: cache.ResourceEventHandlerFuncs{
			AddFunc:    func(object any) { m.take(object.(*corev1.Secret)) },
			UpdateFunc: func(_, object any) { m.take(object.(*corev1.Secret)) },
			DeleteFunc: func(any) {
				o.Log.Info("the Secret of the authority is gone; serving goes on, and the leader writes it anew", "secret", names.Authority)
				m.note()
			},
		},
	})
	return m
}

// Start follows the Secret until the context ends.
func (m *Managed) Start(ctx context.Context) error {
	m.informer.RunWithContext(ctx)
	return nil
}

// take goes by what the Secret holds now, or, where that makes no sense, by what it held.
func (m *Managed) take(secret *corev1.Secret) {
	defer m.note()
	s, err := readState(secret.Data)
	if err != nil {
		m.options.Log.Error(err, "the Secret of the authority holds what cannot be used; serving goes on with what is in memory, and the leader writes it anew: "+
			"delete it if that fails", "secret", names.Authority)
	}
	if s.current == nil {
		m.without(fmt.Errorf("the Secret %s cannot be used: %w", names.Authority, err))
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(s.trusted) == 0 {
		s.trusted = m.state.trusted
	}
	m.state = s
	now, known := time.Now(), map[string]time.Time{}
	for _, c := range append(s.trusted, s.current.cert) {
		since, found := m.known[string(c.Raw)]
		if !found {
			since = now
		}
		known[string(c.Raw)] = since
	}
	m.known = known
}

// without remembers why there is nothing to sign with.
func (m *Managed) without(why error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.why = why
}

func (m *Managed) note() {
	select {
	case m.changed <- struct{}{}:
	default:
	}
}

// GetCertificate gives the current certificate. It makes the next one at two thirds of its life,
// and when another authority signs: a timer would sleep on while a machine is suspended.
func (m *Managed) GetCertificate(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.serving(time.Now())
}

func (m *Managed) serving(now time.Time) (*tls.Certificate, error) {
	signer := m.signs(now)
	switch {
	case signer == nil && m.leaf == nil:
		return nil, fmt.Errorf("no serving certificate yet: %w", m.why)
	case !signer.usable(now) && m.leaf == nil:
		return nil, fmt.Errorf("no serving certificate yet: the authority in the Secret %s is valid from %s to %s: the leader replaces it", names.Authority,
			signer.cert.NotBefore.Format(time.RFC3339), signer.cert.NotAfter.Format(time.RFC3339))
	case !signer.usable(now), signer.is(m.signer) && (now.Before(m.renewAt) || m.leaf.Leaf.NotAfter.Equal(signer.cert.NotAfter)):
		return m.leaf, nil
	}
	if err := m.sign(signer, now); err != nil {
		if m.leaf == nil || !now.Before(m.leaf.Leaf.NotAfter) {
			return nil, err
		}
		m.options.Log.Error(err, "the serving certificate is not renewed, the next connection tries again")
	}
	return m.leaf, nil
}

// signs answers who signs now. One whom clients may not trust yet does not: whoever puts another
// authority into the Secret, with no word before, is waited for until the leader has had it
// trusted.
func (m *Managed) signs(now time.Time) *authority {
	current := m.state.current
	if current == nil || current.is(m.signer) || !m.signer.usable(now) || now.Sub(m.known[string(current.cert.Raw)]) >= m.options.settling() {
		return current
	}
	return m.signer
}

// settling is how long API servers are given to go by what the leader has written: some seconds,
// less where all lives are short.
func (o *ManagedOptions) settling() time.Duration { return min(longestSettling, o.CADuration/20) }

func (m *Managed) sign(signer *authority, now time.Time) error {
	permitted := slices.DeleteFunc(slices.Clone(m.options.Names), func(name string) bool { return !signer.permits(name) })
	if len(permitted) == 0 {
		return fmt.Errorf("sign a serving certificate: the authority in the Secret %s permits none of %q", names.Authority, m.options.Names)
	}
	end := until(now, m.options.CertificateDuration)
	if signer.cert.NotAfter.Before(end) {
		end = signer.cert.NotAfter
	}
	leaf, err := signer.issue(permitted, now.Add(-skew), end)
	if err != nil {
		return fmt.Errorf("sign a serving certificate: %w", err)
	}
	m.signer, m.leaf = signer, leaf
	m.renewAt = now.Round(0).Add(end.Sub(now) * 2 / 3) // by the wall clock: the other one sleeps when the machine does
	m.options.Log.V(1).Info("signed a serving certificate", "until", end.UTC().Format(time.RFC3339), "names", permitted)
	return nil
}

// until is the end of a life. Certificates know whole seconds only.
func until(now time.Time, life time.Duration) time.Time {
	return now.Round(0).Add(life + time.Second - 1).Truncate(time.Second)
}

// Expiry says when the certificate and who has signed it expire.
func (m *Managed) Expiry() map[string]time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	leaf, err := m.serving(time.Now())
	if err != nil {
		return map[string]time.Time{}
	}
	return map[string]time.Time{Serving: leaf.Leaf.NotAfter, CA: m.signer.cert.NotAfter}
}

// CABundle is the authorities that clients must trust: all that the Secret says, and who has signed
// what is served here, whatever the Secret says.
func (m *Managed) CABundle() []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state.current == nil {
		return nil
	}
	return bundle(m.trusted(time.Now(), m.state))
}

// trusted are all whom clients must trust if s is in force. Where it says nothing of others (it may
// have been deleted), those before it go on: a replica that lags behind may still serve what they
// have signed.
func (m *Managed) trusted(now time.Time, s state) []*x509.Certificate {
	all := []*x509.Certificate{s.current.cert}
	if s.next != nil {
		all = append(all, s.next.cert)
	}
	if len(s.trusted) == 0 {
		s.trusted = m.state.trusted
	}
	all = append(all, s.trusted...)
	if m.signer != nil {
		all = append(all, m.signer.cert)
	}
	return trust(now, all...)
}
