//go:build e2e

package browser

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/page"
	"taffrail.dev/taffrail/internal/page/pagetest"
)

// realistic is the page of a cluster that becomes better while one looks.
func realistic(t *testing.T) http.Handler {
	t.Helper()
	found, err := pagetest.Report(t.Context())
	require.NoError(t, err)
	now, shown := time.Now(), *found
	served := page.New(page.Options{
		Report: func() *audit.Report { return &shown }, Cluster: "https://kube.example.com:6443", Preview: preview, Now: func() time.Time { return now },
	})
	begun := now.Add(-48 * time.Hour)
	for i, passed := range []int{520, 520, 521, 540, 538, 538, 561, 561, 590, 588, 588, 604, 630, 630, 652, 661, 661, found.Summary.Passed} {
		shown.Summary.Passed = passed
		now = begun.Add(time.Duration(i) * 169 * time.Minute)
		served.ServeHTTP(discard{}, mustRequest("/"))
	}
	now = time.Now()
	return served
}

type discard struct{}

func (discard) Header() http.Header         { return http.Header{} }
func (discard) Write(b []byte) (int, error) { return len(b), nil }
func (discard) WriteHeader(int)             {}

func mustRequest(path string) *http.Request {
	return &http.Request{Method: http.MethodGet, URL: &url.URL{Path: path}}
}

// preview says what other guardrails refuse.
func preview(ctx context.Context, guardrails []byte) (*page.Preview, error) {
	found, err := pagetest.Audit(ctx, string(guardrails))
	if err != nil {
		return nil, err
	}
	refused := page.PreviewGroup{Title: "Newly refused", Worse: true}
	for _, r := range found.Results {
		if r.Action == v1alpha1.Deny {
			refused.Rows = append(refused.Rows, page.PreviewRow{
				Kind: r.Owner.Kind, Namespace: r.Owner.Namespace, Name: r.Owner.Name, Objects: r.Objects,
				Guardrail: r.Guardrail, Rule: r.Validator, Path: r.Path, Message: r.Message,
			})
		}
	}
	return &page.Preview{Groups: []page.PreviewGroup{refused}}, nil
}

// Somebody who has never seen the page gets everywhere with a mouse.
func TestEveryViewIsReachedByClicks(t *testing.T) {
	b := open(t, realistic(t), 1280, 900)
	b.visit("/")
	assert.Contains(t, b.text(".tiles"), "would be refused")

	b.click("a.tile.deny")
	assert.Equal(t, "/findings?action=Deny", b.at())
	assert.Equal(t, "Refused", b.text("tbody .badge"))

	b.click("tbody th .object a")
	assert.Equal(t, "/workloads/invoicing/Deployment.apps/gateway", b.at())
	assert.Contains(t, b.text("pre.diff"), "image: docker.io/library/gateway:latest")

	b.click(".finding h2 a")
	assert.Equal(t, "/rules/baseline/image-latest-tag", b.at())
	assert.Contains(t, b.text("main"), "taffrail explain image-latest-tag")

	b.click(".heading a")
	assert.Equal(t, "/guardrails", b.at())

	b.clickText("Exemptions")
	assert.Contains(t, b.text("table"), "team-observability")

	b.clickText("Workloads")
	b.clickText("Rules")
	b.clickText("Namespaces")
	b.click(".cell.deny a")
	assert.Contains(t, b.at(), "namespace=")
	assert.Contains(t, b.at(), "rule=")

	b.clickText("Overview")
	b.click("[aria-labelledby=worst-namespaces] tbody th a")
	assert.Regexp(t, "^/namespaces/[a-z-]+$", b.at())
	assert.Contains(t, b.text("main"), "By rule")

	b.clickText("Preview")
	b.do(chromedp.SetValue(chromedp.CSS("#guardrails"), "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: next}\nspec: {validators: [{name: resource-limits}]}\n"))
	b.click("button.primary")
	assert.Contains(t, b.text("#result"), "Newly refused")
	assert.Contains(t, b.text("#result"), "must be set to more than 0")
}

// The pictures, the style and the script are the page's own; what the browser asks for besides would
// tell somebody else who looks at which cluster.
func TestNothingIsAskedForElsewhere(t *testing.T) {
	b := open(t, realistic(t), 1280, 900)
	for _, view := range []string{"/", "/namespaces", "/findings", "/exemptions", "/workloads/invoicing/Deployment.apps/gateway"} {
		b.visit(view)
	}
	asked := b.asked()
	assert.Greater(t, len(asked), 10)
	for _, url := range asked {
		assert.True(t, strings.HasPrefix(url, b.url+"/"), url)
	}
}

// A view that was sent to somebody shows the same.
func TestAViewIsInItsURL(t *testing.T) {
	b := open(t, realistic(t), 1280, 900)
	b.visit("/findings")
	b.do(chromedp.SetValue(chromedp.CSS("select[name=namespace]"), "payments"), chromedp.SetValue(chromedp.CSS("input[name=q]"), "limits"))
	b.click("form.filter button")
	assert.Equal(t, "/findings?namespace=payments&q=limits", b.at(), "and what is not asked for is left out")
	counted := b.text(".heading .muted")

	other := open(t, realistic(t), 1280, 900)
	other.visit(b.at())
	assert.Equal(t, counted, other.text(".heading .muted"))
	assert.Equal(t, "payments", js[string](other, "document.querySelector('select[name=namespace]').value"))
	assert.Equal(t, "limits", js[string](other, "document.querySelector('input[name=q]').value"))
	other.click("a.clear")
	assert.Equal(t, "/findings", other.at())
}

func TestChoosingIsEnoughToFilter(t *testing.T) {
	b := open(t, realistic(t), 1280, 900)
	b.visit("/findings")
	_, err := chromedp.RunResponse(b.ctx, chromedp.Func(func(context.Context, *chromedp.Target) error {
		js[bool](b, `{ const s = document.querySelector("select[name=action]"); s.value = "Audit"; s.dispatchEvent(new Event("change", {bubbles: true})); true }`)
		return nil
	}))
	require.NoError(t, err)
	assert.Equal(t, "/findings?action=Audit", b.at())
}

func TestRowsAreHiddenWhileOneTypes(t *testing.T) {
	b := open(t, realistic(t), 1280, 900)
	b.visit("/rules")
	const visible = `[...document.querySelectorAll("tr[data-row]")].filter((row) => row.offsetParent).length`
	all := js[int](b, visible)
	call(b, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "/", Code: "Slash", Text: "/"})
	b.do(chromedp.KeyEvent("image"))
	assert.Equal(t, "image", js[string](b, "document.activeElement.value"), "a slash leads to the filter")
	assert.Equal(t, 2, js[int](b, visible))
	_, err := chromedp.RunResponse(b.ctx, chromedp.KeyEvent(kb.Enter))
	require.NoError(t, err)
	assert.Equal(t, "/rules?q=image", b.at())
	assert.Equal(t, 2, js[int](b, visible))
	assert.Greater(t, all, 2)
}

// What works with script for convenience works without.
func TestItReadsAndFiltersWithoutScript(t *testing.T) {
	b := open(t, realistic(t), 1280, 900)
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.visit("/")
	b.click("a.tile.warn")
	b.do(chromedp.SendKeys(chromedp.CSS("input[name=q]"), "payments"))
	b.click("form.filter button")
	location, err := chromedp.Run(b.ctx, chromedp.Location())
	require.NoError(t, err)
	assert.Contains(t, location, "action=Warn")
	assert.Contains(t, location, "q=payments")
	text, err := chromedp.Run(b.ctx, chromedp.TextContent(chromedp.CSS("tbody")))
	require.NoError(t, err)
	assert.Contains(t, text, "payments")
}

// An attacker chooses the label and the image of their workload, and waits for an administrator to look.
func TestWhatALabelSaysIsNotRun(t *testing.T) {
	const evil = `"><img src=x onerror="window.run=1"><script>window.run=1</script>`
	image := audit.Result{Owner: audit.Object{APIVersion: "v1", Kind: "Pod", Namespace: "shop", Name: evil}, Objects: 1}
	image.Guardrail, image.Validator, image.Action, image.Severity = "ours", "image-latest-tag", v1alpha1.Deny, "High"
	image.Path, image.Message = "spec.containers[0].image", `Invalid value: "`+strings.ReplaceAll(evil, `"`, `\"`)+`": must have a tag`
	label := image
	label.Validator, label.Path, label.Message = "required-labels", "metadata.labels["+evil+"]", "Forbidden: must not be set"
	found := &audit.Report{Results: []audit.Result{image, label}, Notes: []string{evil}, Summary: audit.Summary{Objects: 1, Evaluated: 1}}
	b := open(t, page.New(page.Options{Report: func() *audit.Report { return found }, Cluster: evil, Preview: preview}), 1280, 900)
	for _, view := range []string{"/", "/namespaces", "/rules", "/workloads", "/findings?q=" + url.QueryEscape(evil), "/workloads/shop/Pod/" + url.PathEscape(evil)} {
		b.visit(view)
		assert.Nil(t, js[any](b, "window.run ?? null"), view)
		assert.Zero(t, js[int](b, "document.images.length"), view)
		assert.Equal(t, 1, js[int](b, "document.scripts.length"), view)
	}
	assert.Contains(t, b.text("pre.diff"), evil[2:12], "it is shown")
	js[bool](b, `{ const s = document.createElement("script"); s.textContent = "window.run=2"; document.body.append(s); true }`)
	assert.Nil(t, js[any](b, "window.run ?? null"), "what would slip through as markup is not run either")
}

func TestTheKeyboardIsEnough(t *testing.T) {
	b := open(t, realistic(t), 1280, 900)
	b.visit("/")
	b.do(chromedp.KeyEvent(kb.Tab))
	assert.Equal(t, "Skip to content", js[string](b, "document.activeElement.innerText"))
	assert.GreaterOrEqual(t, js[float64](b, "document.activeElement.getBoundingClientRect().top"), 0.0, "it comes into view")
	b.do(chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Tab))
	assert.Equal(t, "tile deny", js[string](b, "document.activeElement.className"), "and leads past the navigation")
	assert.Equal(t, "solid", js[string](b, "getComputedStyle(document.activeElement).outlineStyle"), "one sees where one is")
	_, err := chromedp.RunResponse(b.ctx, chromedp.KeyEvent(kb.Enter))
	require.NoError(t, err)
	assert.Equal(t, "/findings?action=Deny", b.at())
	for _, view := range []string{"/", "/namespaces", "/findings", "/guardrails"} {
		b.visit(view)
		assert.Zero(t, js[int](b, `document.querySelectorAll("th:not([scope]), table:not(:has(caption)), input:not([type=hidden]):not([id]), [tabindex]:not([tabindex='0']):not([tabindex='-1'])").length`), view)
		assert.Equal(t, 1, js[int](b, "document.querySelectorAll('h1').length"), view)
	}
}

var everyView = []string{
	"/", "/namespaces", "/rules", "/workloads", "/findings", "/guardrails", "/exemptions", "/preview", "/nothing",
	"/namespaces/invoicing", "/rules/production/pod-security", "/workloads/invoicing/Deployment.apps/gateway",
}

func TestNothingIsWiderThanTheWindow(t *testing.T) {
	for _, width := range []int{380, 1024, 1920} {
		b := open(t, realistic(t), width, 900)
		for _, view := range everyView {
			b.visit(view)
			assert.LessOrEqual(t, js[int](b, "document.documentElement.scrollWidth"), width, "%s at %d", view, width)
		}
	}
}

func TestItIsDarkWhereOneLikesItDark(t *testing.T) {
	b := open(t, realistic(t), 1280, 900)
	const ground = "getComputedStyle(document.body).backgroundColor"
	b.visit("/")
	assert.Equal(t, "rgb(255, 255, 255)", js[string](b, ground))
	b.dark()
	assert.Equal(t, "rgb(20, 24, 28)", js[string](b, ground))
}

// The one file is opened from a disk, where no server sends a policy.
func TestTheFileOpensFromADisk(t *testing.T) {
	found, err := pagetest.Report(t.Context())
	require.NoError(t, err)
	file := written(t, found)
	b := open(t, http.NotFoundHandler(), 380, 900)
	b.url = "file://"
	b.visit(file)
	assert.Equal(t, "rgb(246, 247, 249)", js[string](b, "getComputedStyle(document.querySelector('.top')).backgroundColor"), "its style is allowed")
	assert.LessOrEqual(t, js[int](b, "document.documentElement.scrollWidth"), 380)
	b.do(chromedp.Click(chromedp.CSS("#workloads tbody th .object a"), chromedp.NodeVisible))
	assert.Equal(t, "#workload:invoicing/Deployment.apps/gateway", js[string](b, "decodeURIComponent(location.hash)"))
	assert.InDelta(t, 0, js[float64](b, `document.getElementById("workload:invoicing/Deployment.apps/gateway").getBoundingClientRect().top`), 40)
	for _, url := range b.asked() {
		assert.True(t, strings.HasPrefix(url, "file://") || strings.HasPrefix(url, "data:"), url)
	}
}
