package access

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/apitest"
)

const thePath = "/taffrail-audit"

// apiServer knows the tokens "ann", who may read, and "bob", who may not.
type apiServer struct {
	*apitest.Server

	tokens, rights atomic.Int32 // how often it was asked
	broken         atomic.Bool
	held           chan struct{} // token reviews wait for its close
	mu             sync.Mutex
	asked          authorizationv1.SubjectAccessReviewSpec
}

func newAPIServer(t *testing.T) *apiServer {
	t.Helper()
	s := &apiServer{Server: apitest.New(t)}
	s.Answer(func(w http.ResponseWriter, r *http.Request) bool {
		body, err := io.ReadAll(r.Body)
		if s.broken.Load() || err != nil {
			w.WriteHeader(http.StatusInternalServerError)
			return true
		}
		w.Header().Set("Content-Type", runtime.ContentTypeJSON)
		if strings.HasSuffix(r.URL.Path, "/tokenreviews") {
			_ = json.NewEncoder(w).Encode(s.reviewToken(body))
		} else {
			_ = json.NewEncoder(w).Encode(s.reviewAccess(body))
		}
		return true
	})
	return s
}

func (s *apiServer) reviewToken(body []byte) (review authenticationv1.TokenReview) {
	s.tokens.Add(1)
	if s.held != nil {
		<-s.held
	}
	_ = json.Unmarshal(body, &review)
	name := review.Spec.Token
	review.Status.Authenticated = name == "ann" || name == "bob"
	review.Status.User = authenticationv1.UserInfo{
		Username: name, UID: "u", Groups: []string{"readers"}, Extra: map[string]authenticationv1.ExtraValue{"scopes": {"some"}},
	}
	return review
}

func (s *apiServer) reviewAccess(body []byte) (review authorizationv1.SubjectAccessReview) {
	s.rights.Add(1)
	_ = json.Unmarshal(body, &review)
	s.mu.Lock()
	s.asked = review.Spec
	s.mu.Unlock()
	review.Status.Allowed = review.Spec.User == "ann"
	return review
}

func (s *apiServer) filter(t *testing.T) *Filter {
	t.Helper()
	reviews, err := cluster.NewClients(s.Config()).Unversioned()
	require.NoError(t, err)
	return NewFilter(reviews, thePath, logr.Discard())
}

// page is what is read; it fails when it sees a token.
func page(t *testing.T) http.Handler {
	t.Helper()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Empty(t, r.Header.Get("Authorization"), "what serves the page has no use for a token")
		_, _ = io.WriteString(w, "the page")
	})
}

func read(handler http.Handler, authorization string) *http.Response {
	r := httptest.NewRequest(http.MethodGet, "/namespaces/shop", nil)
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w.Result()
}

func TestWhoMayRead(t *testing.T) {
	for name, test := range map[string]struct {
		authorization string
		status        int
		says          string
	}{
		"somebody with the right":    {"Bearer ann", http.StatusOK, "the page"},
		"somebody without":           {"Bearer bob", http.StatusForbidden, "bob may not read this page: a ClusterRole must allow to get the nonResourceURL /taffrail-audit"},
		"a token of nobody":          {"Bearer eve", http.StatusUnauthorized, "the API server does not know this token"},
		"nobody":                     {"", http.StatusUnauthorized, "a token must come with the request"},
		"a password":                 {"Basic YW5uOmFubg==", http.StatusUnauthorized, "a token must come with the request"},
		"a token that is empty":      {"Bearer  ", http.StatusUnauthorized, "a token must come with the request"},
		"the scheme in another case": {"bearer ann", http.StatusOK, "the page"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newAPIServer(t)
			response := read(s.filter(t).Wrap(page(t)), test.authorization)
			body, err := io.ReadAll(response.Body)
			require.NoError(t, err)
			assert.Equal(t, test.status, response.StatusCode)
			assert.Contains(t, string(body), test.says)
			if test.status != http.StatusOK {
				assert.Equal(t, "text/plain; charset=utf-8", response.Header.Get("Content-Type"))
				assert.Equal(t, "no-store", response.Header.Get("Cache-Control"))
				assert.Equal(t, test.status == http.StatusUnauthorized, response.Header.Get("WWW-Authenticate") != "")
			}
		})
	}
}

// The right is one of its own: a path of the API server's would come with rights on that.
func TestTheRightThatIsAskedFor(t *testing.T) {
	s := newAPIServer(t)
	read(s.filter(t).Wrap(page(t)), "Bearer ann")
	s.mu.Lock()
	defer s.mu.Unlock()
	assert.Equal(t, authorizationv1.SubjectAccessReviewSpec{
		User: "ann", UID: "u", Groups: []string{"readers"}, Extra: map[string]authorizationv1.ExtraValue{"scopes": {"some"}},
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: thePath, Verb: "get"},
	}, s.asked)
}

func TestAnAnswerHoldsForAWhile(t *testing.T) {
	for token, holds := range map[string]time.Duration{"ann": time.Minute, "bob": 10 * time.Second, "eve": 10 * time.Second} {
		t.Run(token, func(t *testing.T) {
			s := newAPIServer(t)
			f := s.filter(t)
			now := time.Now()
			f.now = func() time.Time { return now }
			handler := f.Wrap(page(t))
			first := read(handler, "Bearer "+token).StatusCode
			now = now.Add(holds - time.Second)
			assert.Equal(t, first, read(handler, "Bearer "+token).StatusCode)
			assert.EqualValues(t, 1, s.tokens.Load(), "it is remembered")
			now = now.Add(2 * time.Second)
			read(handler, "Bearer "+token)
			assert.EqualValues(t, 2, s.tokens.Load(), "and asked for again, as rights are taken away")
		})
	}
}

func TestAnAPIServerThatDoesNotAnswerLetsNobodyIn(t *testing.T) {
	s := newAPIServer(t)
	s.broken.Store(true)
	handler := s.filter(t).Wrap(page(t))
	assert.Equal(t, http.StatusServiceUnavailable, read(handler, "Bearer ann").StatusCode)
	s.broken.Store(false)
	assert.Equal(t, http.StatusOK, read(handler, "Bearer ann").StatusCode, "a failure is not remembered")
}

// A page and its parts come at once.
func TestOneTokenIsAskedAboutOnce(t *testing.T) {
	s := newAPIServer(t)
	s.held = make(chan struct{})
	handler := s.filter(t).Wrap(page(t))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() { assert.Equal(t, http.StatusOK, read(handler, "Bearer ann").StatusCode) })
	}
	require.Eventually(t, func() bool { return s.tokens.Load() == 1 }, 10*time.Second, time.Millisecond)
	close(s.held)
	group.Wait()
	assert.EqualValues(t, 1, s.tokens.Load())
	assert.EqualValues(t, 1, s.rights.Load())
}

// Who makes tokens up has a bounded number of requests wait, and the others are told to come again.
func TestTokensThatAreMadeUpAreBounded(t *testing.T) {
	s := newAPIServer(t)
	s.held = make(chan struct{})
	f := s.filter(t)
	handler := f.Wrap(page(t))
	var group sync.WaitGroup
	for i := range atOnce {
		group.Go(func() { read(handler, "Bearer made-up-"+strconv.Itoa(i)) })
	}
	require.Eventually(t, func() bool { return len(f.places) == atOnce }, 10*time.Second, time.Millisecond)
	refused := read(handler, "Bearer one-more")
	assert.Equal(t, http.StatusServiceUnavailable, refused.StatusCode)
	assert.Equal(t, "2", refused.Header.Get("Retry-After"))
	close(s.held)
	group.Wait()
}

func TestWhatIsRememberedIsBounded(t *testing.T) {
	f := NewFilter(nil, thePath, logr.Discard())
	now := time.Now()
	f.now = func() time.Time { return now }
	name := func(i int) token { return token{byte(i), byte(i >> 8)} }
	reader := name(0)
	f.remember(reader, &answer{status: http.StatusOK})
	for i := 1; i < 2*mostAnswers; i++ {
		f.remember(name(i), &answer{status: http.StatusUnauthorized})
	}
	assert.Len(t, f.answers, mostAnswers)
	assert.NotNil(t, f.remembered(reader), "tokens that are made up do not drive out those of readers")

	now = now.Add(refusedFor + time.Second)
	f.remember(name(2*mostAnswers), &answer{status: http.StatusUnauthorized})
	assert.Len(t, f.answers, 2, "what has expired goes first")
}
