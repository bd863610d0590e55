package certs

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/cert-manager/cert-manager/pkg/util/pki"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/names"
)

// complainEvery is how often one failure is logged while it lasts.
const complainEvery = 30 * time.Second

// KeepsAuthority implements Led.
func (*Managed) KeepsAuthority() bool { return true }

// Lead keeps the authority until the context ends: it makes the first, and at two thirds of its
// life the next, which it has trusted before it has it sign. Every write is one update of one
// version of the Secret, so that it may end between any two, and two may do it at once.
func (m *Managed) Lead(ctx context.Context, clients Clients) {
	var settled settlement
	pause := m.options.settling() / 2
	said, saidAt := "", time.Time{}
	for {
		err := m.keep(ctx, clients, &settled)
		switch now := time.Now(); {
		case err == nil:
			said = ""
		case apierrors.IsConflict(err), apierrors.IsAlreadyExists(err), ctx.Err() != nil: // somebody else was faster
		case err.Error() != said || now.Sub(saidAt) >= complainEvery:
			said, saidAt = err.Error(), now
			m.options.Log.Error(err, "keeping the authority of the serving certificates", "secret", names.Authority)
		}
		if err != nil {
			pause = m.options.settling() / 2
		}
		select {
		case <-ctx.Done():
			return
		case <-m.changed:
			clients.Changed()
			pause = m.options.settling() / 2
		case <-time.After(pause):
			pause = min(2*pause, max(m.options.settling()/2, m.options.CADuration/1000)) // nothing happens for most of a life
		}
	}
}

// settlement is since when all clients have been seen to trust an authority.
type settlement struct {
	of    *authority
	since time.Time
}

// over says whether they all have for long enough.
func (s *settlement) over(of *authority, trusted bool, settling time.Duration) bool {
	switch {
	case !trusted:
		*s = settlement{}
	case !of.is(s.of):
		*s = settlement{of: of, since: time.Now()}
	}
	return trusted && time.Since(s.since) >= settling
}

// keep looks at the Secret once, and writes what it must hold.
func (m *Managed) keep(ctx context.Context, clients Clients, settled *settlement) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	secret, err := m.options.Secrets.Get(ctx, names.Authority, metav1.GetOptions{})
	absent := apierrors.IsNotFound(err)
	if err != nil && !absent {
		return fmt.Errorf("read the Secret %s: %w", names.Authority, err)
	}
	if absent {
		secret = &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: names.Authority, Labels: map[string]string{"app.kubernetes.io/name": names.Name}},
			Type:       corev1.SecretTypeTLS,
		}
	}
	is, _ := readState(secret.Data) // what is wrong with it, take has said
	now := time.Now()
	var bundles [][]byte
	var trustErr error
	if is.next != nil || !is.current.usable(now) {
		bundles, trustErr = clients.Trust(ctx)
	}
	trusted := func(a *authority) bool {
		return trustErr == nil && !slices.ContainsFunc(bundles, func(pem []byte) bool { return !holds(pem, a.cert) })
	}
	want, done, err := m.advance(now, is, func(next *authority) bool { return settled.over(next, trusted(next), m.options.settling()) })
	if err != nil {
		return err
	}
	if done == firstMade { // who serves what somebody else has signed must stay trusted until it serves ours
		for _, pem := range bundles {
			others, _ := pki.DecodeX509CertificateSetBytes(pem) // what cannot be read, nobody trusts
			want.trusted = append(want.trusted, others...)
		}
		want.trusted = trust(now, want.trusted...)
	}
	secret = secret.DeepCopy()
	if secret.Data == nil {
		secret.Data = map[string][]byte{}
	}
	changed, err := want.into(secret.Data)
	if err != nil || !changed {
		return err
	}
	if absent {
		_, err = m.options.Secrets.Create(ctx, secret, metav1.CreateOptions{})
	} else {
		_, err = m.options.Secrets.Update(ctx, secret, metav1.UpdateOptions{})
	}
	if err != nil {
		return fmt.Errorf("write the Secret %s: %w", names.Authority, err)
	}
	m.options.Log.Info("wrote the Secret of the authority", "secret", names.Authority, "why", done, "until", want.current.cert.NotAfter.UTC().Format(time.RFC3339))
	return nil
}

// What advance has done.
const (
	firstMade = "there was no authority that could be used: made a new one"
	restored  = "wrote back the authority that is in use, and made the next one"
	replaced  = "the authority had expired: the next one signs"
	nextMade  = "made the next authority, which signs once it is trusted"
	promoted  = "the next authority is trusted: it signs from now on"
	forced    = "the next authority signs from now on: whether it is trusted could not be seen, and the former one is about to expire"
	tidied    = "put right who is trusted"
)

// advance answers what the Secret must hold now, and what was done.
func (m *Managed) advance(now time.Time, is state, settled func(next *authority) bool) (want state, done string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, _ = m.serving(now) // and with it who signs; an error says that there is nobody yet
	want, done = is, tidied
	if !want.next.usable(now) {
		want.next = nil
	}
	switch {
	case want.current.usable(now):
		if want.next == nil {
			break
		}
		if settled(want.next) {
			want.current, want.next, done = want.next, nil, promoted
		} else if !now.Before(lastCall(want)) {
			want.current, want.next, done = want.next, nil, forced
		}
	case m.signer.usable(now):
		want.current, want.next, done = m.signer, nil, restored
	case want.next != nil:
		want.current, want.next, done = want.next, nil, replaced
	default:
		if want.current, err = m.newAuthority(now); err != nil {
			return state{}, "", err
		}
		done = firstMade
	}
	if want.next == nil && (done == restored || m.due(want.current, now)) {
		if want.next, err = m.newAuthority(now); err != nil {
			return state{}, "", err
		}
		if done != restored {
			done = nextMade
		}
	}
	want.trusted = m.trusted(now, want)
	return want, done, nil
}

// due says whether an authority has lived two thirds of its life, or never could sign for our
// names.
func (m *Managed) due(a *authority, now time.Time) bool {
	begun := a.cert.NotBefore.Add(skew)
	return !now.Before(begun.Add(a.cert.NotAfter.Sub(begun)*2/3)) ||
		slices.ContainsFunc(m.options.Names, func(name string) bool { return !a.permits(name) })
}

// lastCall is when the next authority has to sign, trusted or not: half of the time that was left
// when it was made, which is a sixth of the current one's life.
func lastCall(s state) time.Time {
	made := s.next.cert.NotBefore.Add(skew)
	return made.Add(s.current.cert.NotAfter.Sub(made) / 2)
}

func (m *Managed) newAuthority(now time.Time) (*authority, error) {
	a, err := newAuthority("taffrail authority", m.options.Names, now.Add(-skew), until(now, m.options.CADuration))
	if err != nil {
		return nil, fmt.Errorf("make an authority: %w", err)
	}
	return a, nil
}
