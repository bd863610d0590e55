package dashboard

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/internal/access"
	"taffrail.dev/taffrail/internal/names"
)

// Options are whose page is brought to whom.
type Options struct {
	Config *rest.Config
	// Client reaches the same API server, by absolute paths.
	Client    rest.Interface
	Namespace string
	// ServiceAccount of the namespace reads in the place of the user. Left out, the user does.
	ServiceAccount string
	// Say is told what somebody at the terminal should know.
	Say func(line string)
}

// Dashboard is a page of a cluster on the loopback interface.
type Dashboard struct {
	tunnel   *tunnel
	upstream http.RoundTripper
	say      func(string)
	// opening is what the address has that is opened, once; cookie is what the browser has from then on.
	opening, cookie string
	opened          atomic.Bool
	origins         *http.CrossOriginProtection
}

// New makes a Dashboard. Nothing is asked yet.
func New(o Options) (*Dashboard, error) {
	d := &Dashboard{
		tunnel: &tunnel{config: o.Config, client: o.Client, namespace: o.Namespace}, say: o.Say,
		opening: rand.Text(), cookie: rand.Text(), origins: http.NewCrossOriginProtection(),
	}
	transport := &http.Transport{
		DialContext: d.tunnel.dial,
		// The Pod's certificate is signed by itself. Who is at the other end is what the API server and
		// the kubelet say, who have been asked by their certificates.
		TLSClientConfig:       &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: 2 * time.Minute,
		IdleConnTimeout:       time.Minute,
		MaxConnsPerHost:       8,
	}
	if o.ServiceAccount != "" {
		d.upstream = &asServiceAccount{client: o.Client, namespace: o.Namespace, name: o.ServiceAccount, next: transport, now: time.Now}
		return d, nil
	}
	var err error
	d.upstream, err = asUser(o.Config, o.Namespace, transport)
	return d, err
}

// Check asks for the page once, so that what is missing is said at the terminal.
func (d *Dashboard) Check(ctx context.Context) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, "https://"+names.Audit+"/", nil)
	if err != nil {
		return err
	}
	answer, err := d.upstream.RoundTrip(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	switch answer.StatusCode {
	case http.StatusUnauthorized:
		return errors.New("the page does not know the token: has it expired?")
	case http.StatusForbidden:
		return errors.New("the token may not read the page: `kubectl create clusterrolebinding NAME --clusterrole " + names.AuditViewer + " --user USER` gives the right")
	}
	return nil
}

// Serve serves on a listener of the loopback interface, and on no other, until the context ends.
func (d *Dashboard) Serve(ctx context.Context, listener net.Listener) error {
	host, _, err := net.SplitHostPort(listener.Addr().String())
	if err != nil || !access.IsLoopback(host) {
		return fmt.Errorf("listening on %s: whoever reaches it would read with your rights; it must be a loopback address", listener.Addr())
	}
	server := &http.Server{Handler: d, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10, IdleTimeout: time.Minute}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	defer d.tunnel.close()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return server.Close()
	}
}

// openingPath is where a browser gets the cookie.
const openingPath = "/open/"

// Address is what is opened in a browser, once, of a listener.
func (d *Dashboard) Address(listener net.Listener) string {
	return "http://" + listener.Addr().String() + openingPath + d.opening
}

// cookieName names the cookie. Cookies of a host are those of all its ports, so the port is no part of
// what keeps others out; the value is.
const cookieName = "taffrail-dashboard"

// ServeHTTP lets through what this user's browser asks for, and nobody else.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	access.Local(http.HandlerFunc(d.local)).ServeHTTP(w, r)
}

func (d *Dashboard) local(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	if opening, is := strings.CutPrefix(r.URL.Path, openingPath); is {
		d.open(w, r, opening)
		return
	}
	if cookie, err := r.Cookie(cookieName); err != nil || !same(cookie.Value, d.cookie) {
		http.Error(w, "this page is for who has started `taffrail dashboard`: open the address that it has printed", http.StatusForbidden)
		return
	}
	if err := d.origins.Check(r); err != nil {
		http.Error(w, "this request is of another site: "+err.Error(), http.StatusForbidden)
		return
	}
	d.proxy().ServeHTTP(w, r)
}

// open gives a browser the cookie, once: the address may be seen by others of the machine, in the list
// of processes, when a browser is started with it.
func (d *Dashboard) open(w http.ResponseWriter, r *http.Request, opening string) {
	if r.Method != http.MethodGet || !same(opening, d.opening) {
		http.Error(w, "this is not the address that `taffrail dashboard` has printed", http.StatusForbidden)
		return
	}
	if d.opened.Swap(true) {
		d.say("the address was opened a second time, and refused: was the first one you? If not, end this and start anew")
		http.Error(w, "this address opens once, and was opened before; if that was not you, end `taffrail dashboard` and start it anew", http.StatusForbidden)
		return
	}
	// Lax, so that a link from a colleague's message opens, too. Nothing that is only read changes.
	http.SetCookie(w, &http.Cookie{Name: cookieName, Value: d.cookie, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// proxy passes a request on, without what the browser says of itself and of us.
func (d *Dashboard) proxy() *httputil.ReverseProxy {
	return &httputil.ReverseProxy{
		Transport: d.upstream,
		ErrorLog:  log.New(io.Discard, "", 0), // a browser that goes away is no news
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(&url.URL{Scheme: "https", Host: names.Audit})
			for _, name := range []string{"Authorization", "Cookie", "Origin", "Referer"} {
				p.Out.Header.Del(name)
			}
		},
		ModifyResponse: func(answer *http.Response) error {
			answer.Header.Del("Set-Cookie") // the cookie here is ours
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, "the page cannot be reached: "+err.Error(), http.StatusBadGateway)
		},
	}
}
