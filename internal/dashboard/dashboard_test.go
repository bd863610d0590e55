package dashboard

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// ask is a request of a browser that has the cookie.
func ask(d *Dashboard, path string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1:8900"+path, nil)
	r.AddCookie(&http.Cookie{Name: cookieName, Value: d.cookie})
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	d.ServeHTTP(w, r)
	return w
}

// A person opens the address, and sees the page with the rights of their kubeconfig.
func TestTheBrowserSeesThePageWithTheRightsOfItsUser(t *testing.T) {
	d := dashboardOf(t, newAPIServer(t), rest.Config{BearerToken: "jane"}, "")
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- d.Serve(ctx, listener) }()
	require.NoError(t, d.Check(t.Context()))

	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	browser := http.Client{Jar: jar}
	defer browser.CloseIdleConnections()
	assert.Equal(t, "GET / as Bearer jane", body(t, &browser, d.Address(listener)))
	assert.Equal(t, "GET /findings?namespace=shop&q=a%2Fb as Bearer jane", body(t, &browser, "http://"+listener.Addr().String()+"/findings?namespace=shop&q=a%2Fb"))
	stop()
	assert.NoError(t, <-ended)
}

func body(t *testing.T, browser *http.Client, url string) string {
	t.Helper()
	answer, err := browser.Get(url)
	require.NoError(t, err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	return string(text)
}

func TestNobodyElseOfTheMachineSeesIt(t *testing.T) {
	s := newAPIServer(t)
	d := dashboardOf(t, s, rest.Config{BearerToken: "jane"}, "")
	for name, test := range map[string]struct {
		path   string
		change func(*http.Request)
	}{
		"another process, which has no cookie": {"/", func(r *http.Request) { r.Header.Del("Cookie") }},
		"one that guesses":                     {"/", func(r *http.Request) { r.Header.Set("Cookie", cookieName+"=guess") }},
		"one that guesses the address":         {"/open/guess", nil},
		"a page whose name leads here":         {"/", func(r *http.Request) { r.Host = "evil.example.com:8900" }},
		"and one that looks like an address":   {"/", func(r *http.Request) { r.Host = "127.0.0.1.evil.example.com" }},
		"a form of another site": {"/preview", func(r *http.Request) {
			r.Method = http.MethodPost
			r.Header.Set("Sec-Fetch-Site", "cross-site")
		}},
		"a form of another port": {"/preview", func(r *http.Request) {
			r.Method = http.MethodPost
			r.Header.Set("Origin", "http://127.0.0.1:9999")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, http.StatusForbidden, ask(d, test.path, test.change).Code)
		})
	}
	assert.Empty(t, s.seen, "nothing of it goes to the cluster")
}

// The address can be read in the list of processes while a browser starts.
func TestTheAddressOpensOnce(t *testing.T) {
	d := dashboardOf(t, newAPIServer(t), rest.Config{BearerToken: "jane"}, "")
	var said []string
	d.say = func(line string) { said = append(said, line) }
	first := ask(d, openingPath+d.opening, nil)
	assert.Equal(t, http.StatusSeeOther, first.Code)
	assert.Regexp(t, "^taffrail-dashboard=[A-Z0-9]{26}; Path=/; HttpOnly; SameSite=Lax$", first.Header().Get("Set-Cookie"))
	assert.NotContains(t, first.Header().Get("Set-Cookie"), d.opening, "the address is not the cookie")
	second := ask(d, openingPath+d.opening, nil)
	assert.Equal(t, http.StatusForbidden, second.Code)
	assert.Empty(t, second.Header().Get("Set-Cookie"))
	assert.Len(t, said, 1, "and who sits at the terminal learns of it")
}

func TestThePageLearnsNothingOfTheBrowser(t *testing.T) {
	s := newAPIServer(t)
	d := dashboardOf(t, s, rest.Config{BearerToken: "jane", Impersonate: rest.ImpersonationConfig{UserName: "admin"}}, "")
	w := ask(d, "/", func(r *http.Request) {
		r.Header.Set("Authorization", "Bearer of-the-browser")
		r.Header.Set("Referer", "http://127.0.0.1:8900/open/secret")
	})
	assert.Equal(t, "GET / as Bearer jane", w.Body.String())
	assert.Empty(t, w.Header().Get("Set-Cookie"), "nor can it change the cookie")
	for _, name := range []string{"Cookie", "Referer", "Origin", "Impersonate-User"} {
		assert.Empty(t, s.seen[0].Header.Get(name), name)
	}
}

// Where a Pod goes, the next request finds the next one.
func TestItGoesOnWithAnotherPod(t *testing.T) {
	s := newAPIServer(t)
	d := dashboardOf(t, s, rest.Config{BearerToken: "jane"}, "")
	require.Equal(t, http.StatusOK, ask(d, "/", nil).Code)
	s.cut()
	require.Eventually(t, func() bool { return ask(d, "/", nil).Code == http.StatusOK }, 10*time.Second, 10*time.Millisecond)
}

func TestWhatIsMissingIsSaid(t *testing.T) {
	plugin := filepath.Join(t.TempDir(), "plugin")
	require.NoError(t, os.WriteFile(plugin, []byte("#!/bin/sh\necho '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\",\"status\":{\"token\":\"of-a-plugin\"}}'\n"), 0o700))
	for name, test := range map[string]struct {
		config  rest.Config
		arrange func(*apiServer)
		want    string
	}{
		"a token": {config: rest.Config{BearerToken: "jane"}},
		"a plugin": {config: rest.Config{ExecProvider: &clientcmdapi.ExecConfig{
			Command: plugin, APIVersion: "client.authentication.k8s.io/v1", InteractiveMode: clientcmdapi.NeverExecInteractiveMode,
		}}},
		"no token":            {config: rest.Config{}, want: "the kubeconfig has no token"},
		"a password":          {config: rest.Config{Username: "jane", Password: "secret"}, want: "--service-account dashboard"},
		"a token that is old": {config: rest.Config{BearerToken: "expired"}, want: "has it expired?"},
		"no right":            {config: rest.Config{BearerToken: "guest"}, want: "--clusterrole taffrail-audit-viewer"},
		"no component": {
			config: rest.Config{BearerToken: "jane"}, arrange: func(s *apiServer) { s.service = nil },
			want: "namespace taffrail-system has no Service taffrail-audit: is the audit installed there?",
		},
		"no page": {
			config: rest.Config{BearerToken: "jane"}, arrange: func(s *apiServer) { s.service.Spec.Ports = s.service.Spec.Ports[:1] },
			want: `has no port "page"`,
		},
		"no Pod": {
			config: rest.Config{BearerToken: "jane"}, arrange: func(s *apiServer) { s.pods = []corev1.Pod{pod("old", corev1.ConditionFalse)} },
			want: "none of the 1 Pods of taffrail-audit in namespace taffrail-system is ready",
		},
		"no right to forward": {
			config: rest.Config{BearerToken: "jane"}, arrange: func(s *apiServer) { s.pods = []corev1.Pod{pod("other", corev1.ConditionTrue)} },
			want: "the right to create pods/portforward in taffrail-system is needed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newAPIServer(t)
			if test.arrange != nil {
				test.arrange(s)
			}
			err := dashboardOf(t, s, test.config, "").Check(t.Context())
			if test.want == "" {
				assert.NoError(t, err)
				return
			}
			assert.ErrorContains(t, err, test.want)
		})
	}
}

// A token of a ServiceAccount is asked for once, and again before it ends.
func TestAServiceAccountReadsInThePlaceOfTheUser(t *testing.T) {
	s := newAPIServer(t)
	d := dashboardOf(t, s, rest.Config{}, "dashboard")
	for range 3 {
		assert.Equal(t, "GET / as Bearer of-dashboard", ask(d, "/", nil).Body.String())
	}
	assert.EqualValues(t, 1, s.tokens.Load())
	d.upstream.(*asServiceAccount).now = func() time.Time { return time.Now().Add(56 * time.Minute) }
	assert.Equal(t, http.StatusOK, ask(d, "/", nil).Code)
	assert.EqualValues(t, 2, s.tokens.Load())
	other := dashboardOf(t, newAPIServer(t), rest.Config{}, "other")
	assert.ErrorContains(t, other.Check(t.Context()), "asking for a token of ServiceAccount other of namespace taffrail-system")
}

type elsewhere struct{ net.Listener }

func (elsewhere) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 8900} }

func TestItServesThisMachineAlone(t *testing.T) {
	d := dashboardOf(t, newAPIServer(t), rest.Config{BearerToken: "jane"}, "")
	assert.ErrorContains(t, d.Serve(t.Context(), elsewhere{}), "listening on 10.0.0.1:8900: whoever reaches it would read with your rights")
}
