//go:build e2e

// Package browser drives the page of the audit in a browser.
package browser

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/page"
)

// browsers are names of the program, as distributions have it.
var browsers = []string{"chromium-headless-shell", "headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome"}

// browserPath is the CHROMIUM of the environment, or what is on the PATH.
func browserPath(t *testing.T) string {
	t.Helper()
	if path := os.Getenv("CHROMIUM"); path != "" {
		return path
	}
	for _, name := range browsers {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	require.FailNow(t, "Chromium is missing: `apt-get install chromium-headless-shell`, or name one in CHROMIUM")
	return ""
}

// tab is a window of a browser of its own.
type tab struct {
	t   *testing.T
	ctx context.Context
	url string

	mu sync.Mutex
	// requests are the URLs that were asked for.
	requests []string
}

// open serves a page, and opens a tab. Nothing is looked at yet.
func open(t *testing.T, page http.Handler, width, height int) *tab {
	t.Helper()
	server := httptest.NewServer(page)
	t.Cleanup(server.Close)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(browserPath(t)), chromedp.NoSandbox, // root, in a container of its own
		chromedp.WindowSize(width, height), chromedp.Flag("hide-scrollbars", true), chromedp.Flag("force-color-profile", "srgb"),
		chromedp.Flag("font-render-hinting", "none"))
	allocated, release := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(release)
	ctx, end := chromedp.NewContext(allocated)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx, url: server.URL}
	require.NoError(t, chromedp.Listen(ctx, func(event any) {
		if sent, is := event.(*network.EventRequestWillBeSent); is {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.requests = append(b.requests, sent.Request.URL)
		}
	}))
	call(b, network.Enable, network.EnableParams{})
	b.do(chromedp.EmulateViewport(int64(width), int64(height)))
	return b
}

// call is a command of the browser's protocol.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, command, params)
	require.NoError(b.t, err)
}

func (b *tab) do(actions ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, actions...))
}

// visit opens a view by its URL.
func (b *tab) visit(view string) {
	b.t.Helper()
	b.do(chromedp.Navigate(b.url + view))
}

// click clicks as a person does, and waits for the page that comes.
func (b *tab) click(selector string) {
	b.t.Helper()
	_, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(selector), chromedp.NodeVisible))
	require.NoError(b.t, err, "click %s on %s", selector, b.at())
}

// clickText clicks a link by what it says.
func (b *tab) clickText(text string) {
	b.t.Helper()
	_, err := chromedp.RunResponse(b.ctx, chromedp.Click(`//a[normalize-space()="`+text+`"]`, chromedp.NodeVisible))
	require.NoError(b.t, err, "click the link %q on %s", text, b.at())
}

// js evaluates an expression.
func js[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression))
	require.NoError(b.t, err, "%s on the page", expression)
	return value
}

// at is the path and the query that one is at.
func (b *tab) at() string {
	b.t.Helper()
	location, err := url.Parse(js[string](b, "location.href"))
	require.NoError(b.t, err)
	return location.RequestURI()
}

func (b *tab) text(selector string) string {
	b.t.Helper()
	return js[string](b, "document.querySelector(`"+selector+"`).innerText")
}

// dark has the browser say that its user likes it dark.
func (b *tab) dark() {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}})
}

// written is the one file of a report.
func written(t *testing.T, r *audit.Report) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "audit.html")
	file, err := os.Create(path)
	require.NoError(t, err)
	require.NoError(t, page.WriteHTML(file, r))
	require.NoError(t, file.Close())
	return path
}

func (b *tab) asked() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.requests...)
}
