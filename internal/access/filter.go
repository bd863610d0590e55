package access

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/singleflight"
	"k8s.io/client-go/rest"
)

// How long an answer of the API server holds. A right that is taken away holds for as long.
const (
	allowedFor = time.Minute
	refusedFor = 10 * time.Second
)

const (
	// patience is how long a reader waits for the API server.
	patience = 10 * time.Second
	// atOnce bounds the tokens that are asked about at a time: whoever makes tokens up must not
	// have us hold a request for each.
	atOnce = 16
	// mostAnswers bounds those that are remembered, of some hundred bytes each.
	mostAnswers = 512
)

// Filter lets through to a handler who may get Path, by what the API server says of their token.
type Filter struct {
	// Reviews makes TokenReviews and SubjectAccessReviews, by absolute paths. It should have a
	// limit of its own.
	Reviews rest.Interface
	// Path is the non-resource URL that readers need the right to get, whatever they read.
	Path string
	Log  logr.Logger

	asked   singleflight.Group
	places  chan struct{}
	now     func() time.Time
	mu      sync.Mutex
	answers map[token]*answer
}

// token stands for a token, which is kept nowhere.
type token [sha256.Size]byte

// answer is what the API server says of a token.
type answer struct {
	status int // http.StatusOK, StatusUnauthorized or StatusForbidden
	user   string
	until  time.Time
}

// NewFilter makes a Filter. Nothing is asked of the API server before somebody reads.
func NewFilter(reviews rest.Interface, path string, log logr.Logger) *Filter {
	return &Filter{
		Reviews: reviews, Path: path, Log: log,
		places: make(chan struct{}, atOnce), now: time.Now, answers: map[token]*answer{},
	}
}

// errBusy says that too many tokens are being asked about.
var errBusy = errors.New("too many are being asked about at once")

// Wrap puts the filter in front of a handler, which does not see the token.
func (f *Filter) Wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, bearer, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if bearer = strings.TrimSpace(bearer); !strings.EqualFold(scheme, "Bearer") || bearer == "" {
			refuse(w, http.StatusUnauthorized, "nobody knows who you are: a token must come with the request "+
				"(Authorization: Bearer ...); `taffrail dashboard` opens this page with yours")
			return
		}
		a, err := f.answer(r.Context(), bearer)
		switch {
		case errors.Is(err, errBusy):
			w.Header().Set("Retry-After", "2")
			refuse(w, http.StatusServiceUnavailable, "too many readers are new at once: try again in a moment")
		case err != nil:
			f.Log.Error(err, "could not ask the API server who reads")
			refuse(w, http.StatusServiceUnavailable, "the API server could not be asked who you are: the log of this server says why")
		case a.status == http.StatusUnauthorized:
			refuse(w, a.status, "the API server does not know this token: it may have expired")
		case a.status == http.StatusForbidden:
			refuse(w, a.status, a.user+" may not read this page: a ClusterRole must allow to get the nonResourceURL "+f.Path+
				"; `kubectl create clusterrolebinding` with the ClusterRole taffrail-audit-viewer gives that right")
		default:
			r = r.Clone(r.Context())
			r.Header.Del("Authorization")
			next.ServeHTTP(w, r)
		}
	})
}

// refuse says no, in a line of text: what a header or a name holds must not become a page.
func refuse(w http.ResponseWriter, status int, why string) {
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="taffrail"`)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, why, status)
}

// answer is what the API server says of a token, or said a moment ago.
func (f *Filter) answer(ctx context.Context, bearer string) (*answer, error) {
	of := token(sha256.Sum256([]byte(bearer)))
	if a := f.remembered(of); a != nil {
		return a, nil
	}
	// A page asks for its parts at the same time. One that goes away must not fail the others.
	result := f.asked.DoChan(string(of[:]), func() (any, error) {
		select {
		case f.places <- struct{}{}:
			defer func() { <-f.places }()
		default:
			return nil, errBusy
		}
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		a, err := f.ask(ctx, bearer)
		if err == nil {
			f.remember(of, a)
		}
		return a, err
	})
	select {
	case <-ctx.Done():
		return nil, ctx.Err()
	case r := <-result:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*answer), nil
	}
}

func (f *Filter) remembered(of token) *answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	if a := f.answers[of]; a != nil && f.now().Before(a.until) {
		return a
	}
	return nil
}

func (f *Filter) remember(of token, a *answer) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.now()
	if len(f.answers) >= mostAnswers {
		f.forget(now)
	}
	a.until = now.Add(refusedFor)
	if a.status == http.StatusOK {
		a.until = now.Add(allowedFor)
	}
	f.answers[of] = a
}

// forget makes a place: of what has expired, else of a refusal, else of any. Tokens that were made
// up must not drive out those of readers.
func (f *Filter) forget(now time.Time) {
	var refused, victim token
	for of, a := range f.answers {
		if victim = of; a.status != http.StatusOK {
			refused = of
		}
		if now.After(a.until) {
			delete(f.answers, of)
		}
	}
	if len(f.answers) < mostAnswers {
		return
	}
	if _, there := f.answers[refused]; there {
		victim = refused
	}
	delete(f.answers, victim)
}

func (f *Filter) ask(ctx context.Context, bearer string) (*answer, error) {
	who, known, err := f.authenticate(ctx, bearer)
	if err != nil || !known {
		return &answer{status: http.StatusUnauthorized}, err
	}
	allowed, err := f.mayRead(ctx, who)
	if err != nil {
		return nil, err
	}
	if !allowed {
		f.Log.Info("refused a reader without the right", "user", who.Username, "nonResourceURL", f.Path)
		return &answer{status: http.StatusForbidden, user: who.Username}, nil
	}
	return &answer{status: http.StatusOK, user: who.Username}, nil
}
