package dashboard

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"taffrail.dev/taffrail/internal/names"
)

// noToken is what somebody is told whose kubeconfig has none.
const noToken = `the kubeconfig has no token: a client certificate or a password does not get through to the page,
which asks the API server who you are. Read with the token of a ServiceAccount, by --service-account dashboard, after

  kubectl -n %[1]s create serviceaccount dashboard
  kubectl create clusterrolebinding taffrail-dashboard --clusterrole %[2]s --serviceaccount %[1]s:dashboard`

// asUser sends requests with the token that the kubeconfig has, or that its plugin makes.
func asUser(config *rest.Config, namespace string, next http.RoundTripper) (http.RoundTripper, error) {
	return rest.HTTPWrappersForConfig(config, needsToken{next, namespace})
}

// needsToken sends nothing that has no token. It is the last before the wire, so it also takes off
// what only the API server should be told.
type needsToken struct {
	next      http.RoundTripper
	namespace string
}

func (n needsToken) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasPrefix(r.Header.Get("Authorization"), "Bearer ") {
		return nil, fmt.Errorf(noToken, n.namespace, names.AuditViewer)
	}
	for name := range r.Header {
		if strings.HasPrefix(name, "Impersonate-") {
			r.Header.Del(name)
		}
	}
	return n.next.RoundTrip(r)
}

// asServiceAccount sends requests with tokens of a ServiceAccount. They are asked for when they are
// needed, and live an hour.
type asServiceAccount struct {
	client          rest.Interface
	namespace, name string
	next            http.RoundTripper
	now             func() time.Time

	mu      sync.Mutex
	token   string
	expires time.Time
}

func (s *asServiceAccount) RoundTrip(r *http.Request) (*http.Response, error) {
	token, err := s.current(r.Context())
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+token)
	return s.next.RoundTrip(r)
}

// early is how long before its end a token is not used any more.
const early = 5 * time.Minute

func (s *asServiceAccount) current(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.token != "" && s.now().Before(s.expires.Add(-early)) {
		return s.token, nil
	}
	body, err := json.Marshal(authenticationv1.TokenRequest{
		TypeMeta: metav1.TypeMeta{APIVersion: "authentication.k8s.io/v1", Kind: "TokenRequest"},
		Spec:     authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To[int64](3600)},
	})
	if err != nil {
		return "", err
	}
	var answer authenticationv1.TokenRequest
	request := s.client.Post().AbsPath("/api/v1/namespaces", s.namespace, "serviceaccounts", s.name, "token").
		SetHeader("Content-Type", "application/json").Body(body)
	if err := get(ctx, request, &answer); err != nil {
		return "", fmt.Errorf("asking for a token of ServiceAccount %s of namespace %s (the right to create serviceaccounts/token is needed): %w", s.name, s.namespace, err)
	}
	s.token, s.expires = answer.Status.Token, answer.Status.ExpirationTimestamp.Time
	return s.token, nil
}
