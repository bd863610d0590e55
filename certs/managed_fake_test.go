package certs_test

import (
	"context"
	"strconv"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	client "k8s.io/client-go/kubernetes/typed/core/v1"

	"taffrail.dev/taffrail/internal/names"
)

// secretStore is an API server that knows one Secret. It minds resource versions, which client-go's
// fake does not.
type secretStore struct {
	client.SecretInterface

	mu       sync.Mutex
	secret   *corev1.Secret
	version  int
	watchers []*watch.FakeWatcher
	// refuse is asked before each write.
	refuse func(write int) error
	writes int
}

var resource = corev1.Resource("secrets")

// IsWatchListSemanticsUnSupported has a reflector list first.
func (s *secretStore) IsWatchListSemanticsUnSupported() bool { return true }

func (s *secretStore) Get(context.Context, string, metav1.GetOptions) (*corev1.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secret == nil {
		return nil, apierrors.NewNotFound(resource, names.Authority)
	}
	return s.secret.DeepCopy(), nil
}

func (s *secretStore) List(context.Context, metav1.ListOptions) (*corev1.SecretList, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := &corev1.SecretList{ListMeta: metav1.ListMeta{ResourceVersion: strconv.Itoa(s.version)}}
	if s.secret != nil {
		list.Items = []corev1.Secret{*s.secret.DeepCopy()}
	}
	return list, nil
}

func (s *secretStore) Watch(_ context.Context, o metav1.ListOptions) (watch.Interface, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := watch.NewFakeWithChanSize(10_000, false)
	s.watchers = append(s.watchers, w)
	if o.ResourceVersion != strconv.Itoa(s.version) && s.secret != nil {
		w.Add(s.secret.DeepCopy()) // what came since it was listed
	}
	return w, nil
}

func (s *secretStore) Create(_ context.Context, secret *corev1.Secret, _ metav1.CreateOptions) (*corev1.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secret != nil {
		return nil, apierrors.NewAlreadyExists(resource, names.Authority)
	}
	return s.write(secret, (*watch.FakeWatcher).Add)
}

func (s *secretStore) Update(_ context.Context, secret *corev1.Secret, _ metav1.UpdateOptions) (*corev1.Secret, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.secret == nil:
		return nil, apierrors.NewNotFound(resource, names.Authority)
	case s.secret.ResourceVersion != secret.ResourceVersion:
		return nil, apierrors.NewConflict(resource, names.Authority, nil)
	}
	return s.write(secret, (*watch.FakeWatcher).Modify)
}

func (s *secretStore) write(secret *corev1.Secret, tell func(*watch.FakeWatcher, runtime.Object)) (*corev1.Secret, error) {
	s.writes++
	if s.refuse != nil {
		if err := s.refuse(s.writes); err != nil {
			return nil, err
		}
	}
	s.version++
	s.secret = secret.DeepCopy()
	s.secret.ResourceVersion = strconv.Itoa(s.version)
	for _, w := range s.watchers {
		tell(w, s.secret.DeepCopy())
	}
	return s.secret.DeepCopy(), nil
}

// put is what a person does: whatever is there is overwritten, or deleted.
func (s *secretStore) put(data map[string][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.version++
	before := s.secret
	s.secret = nil
	if data != nil {
		s.secret = &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: names.Authority, ResourceVersion: strconv.Itoa(s.version)}, Data: data}
	}
	for _, w := range s.watchers {
		switch {
		case data == nil:
			w.Delete(before)
		case before == nil:
			w.Add(s.secret.DeepCopy())
		default:
			w.Modify(s.secret.DeepCopy())
		}
	}
}

// data is what the Secret holds now, nil where there is none.
func (s *secretStore) data() map[string][]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secret == nil {
		return nil
	}
	return s.secret.DeepCopy().Data
}
