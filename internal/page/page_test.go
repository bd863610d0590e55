package page

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/page/pagetest"
	"taffrail.dev/taffrail/internal/report"
)

// at is when the tests look.
var at = time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)

// finding is one of a Deployment.
func finding(namespace, name, guardrail, check string, action v1alpha1.Action) audit.Result {
	return audit.Result{
		Result: report.Result{
			Kind: "Deployment", Namespace: namespace, Name: name, Guardrail: guardrail, Validator: check, Action: action, Severity: "Medium",
			Path: "spec.template.spec.containers[0].image", Message: `Invalid value: "nginx": must have a tag (container "web")`,
		},
		Owner: audit.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: namespace, Name: name}, Objects: 1,
	}
}

func reportOf(results ...audit.Result) *audit.Report {
	r := &audit.Report{Results: results, Summary: audit.Summary{Objects: 10, Evaluated: 8, Passed: 6}}
	return r
}

// served is a page at a time.
func served(r *audit.Report) *Page {
	return New(Options{Report: func() *audit.Report { return r }, Now: func() time.Time { return at }})
}

func get(t *testing.T, page http.Handler, url string) *httptest.ResponseRecorder {
	t.Helper()
	return ask(t, page, httptest.NewRequest(http.MethodGet, url, nil))
}

func ask(t *testing.T, page http.Handler, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	page.ServeHTTP(w, r)
	return w
}

var href = regexp.MustCompile(`(?:href|src|action)="([^"]*)"`)

// linksOn are where a page leads to, as absolute paths.
func linksOn(t *testing.T, from, body string) (all []string) {
	t.Helper()
	base, err := url.Parse(from)
	require.NoError(t, err)
	for _, found := range href.FindAllStringSubmatch(body, -1) {
		to, err := base.Parse(strings.ReplaceAll(found[1], "&amp;", "&"))
		require.NoError(t, err)
		require.Empty(t, to.Host, "%s leads elsewhere, to %s", from, to)
		to.Fragment = ""
		all = append(all, to.String())
	}
	return all
}

// Whoever follows any link of the page arrives, at whatever path the page is mounted.
func TestEveryLinkOfEveryViewArrives(t *testing.T) {
	found, err := pagetest.Report(t.Context())
	require.NoError(t, err)
	found.Results = found.Results[:150] // there are as many kinds of links on a tenth of the views
	const prefix = "/some/path"
	page := http.StripPrefix(prefix, New(Options{
		Report:  func() *audit.Report { return found },
		Preview: func(context.Context, []byte) (*Preview, error) { return &Preview{}, nil },
	}))
	seen, next := map[string]bool{}, []string{prefix + "/"}
	for len(next) > 0 && len(seen) < 3000 {
		at := next[0]
		next = next[1:]
		if seen[at] {
			continue
		}
		seen[at] = true
		w := get(t, page, at)
		require.Equal(t, http.StatusOK, w.Code, at)
		if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
			next = append(next, linksOn(t, at, w.Body.String())...)
		}
	}
	assert.Greater(t, len(seen), 100)
}

func TestEveryAnswerIsHeldToTheSamePolicy(t *testing.T) {
	page := served(reportOf(finding("shop", "web", "ours", "image-latest-tag", v1alpha1.Deny)))
	for _, path := range []string{"/", "/namespaces", "/findings?action=Deny", "/workloads/shop/Deployment.apps/web", "/page.css", "/page.js", "/icon.svg", "/nothing"} {
		header := get(t, page, path).Header()
		assert.Equal(t, "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
			header.Get("Content-Security-Policy"), path)
		assert.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), path)
		assert.Equal(t, "no-referrer", header.Get("Referrer-Policy"), path)
		assert.Equal(t, "no-store", header.Get("Cache-Control"), path)
	}
}

// The policy forbids what stands in attributes, so nothing may rely on it.
func TestNothingIsInline(t *testing.T) {
	found, err := pagetest.Report(t.Context())
	require.NoError(t, err)
	for _, path := range []string{"/", "/namespaces", "/rules", "/workloads", "/findings", "/guardrails", "/exemptions"} {
		body := get(t, served(found), path).Body.String()
		assert.NotRegexp(t, `\sstyle=|\son[a-z]+=|<style|<script[^>]*>[^<]`, body, path)
	}
}

// What somebody else has chosen is text, wherever it is shown.
func TestWhatOthersHaveChosenIsText(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(2)>`
	f := finding(evil, evil, evil, evil, v1alpha1.Deny)
	f.Owner.Kind, f.Owner.APIVersion, f.Control, f.Severity = evil, "apps/v1", evil, evil
	f.Path, f.Message = "metadata.labels["+evil+"]", `Invalid value: "`+strings.ReplaceAll(evil, `"`, `\"`)+`": must not be `+evil
	r := reportOf(f)
	r.Notes = []string{evil}
	r.Guardrails = []audit.GuardrailSummary{{Name: evil, Validators: []audit.ValidatorSummary{{Name: evil, Action: v1alpha1.Action(evil)}}}}
	r.Exemptions = []audit.ExemptionSummary{{Name: evil, Namespace: evil, Owner: evil, Reason: evil}}
	page := New(Options{Report: func() *audit.Report { return r }, Cluster: evil, Preview: func(context.Context, []byte) (*Preview, error) {
		return &Preview{Groups: []PreviewGroup{{Title: evil, Rows: []PreviewRow{{evil, evil, evil, 1, evil, evil, evil, evil}}}}, Notes: []string{evil}}, nil
	}})
	escaped := url.PathEscape(evil)
	l := links{root: "/"}
	for _, path := range []string{
		"/", "/namespaces", "/rules", "/workloads", "/findings", "/guardrails", "/exemptions", "/findings?q=" + url.QueryEscape(evil) + "&rule=" + url.QueryEscape(evil),
		l.namespace(evil), l.rule(ruleKey{evil, evil}), l.workload(keyOf(f.Owner)), "/rules/" + escaped + "/none", "/namespaces/no" + escaped,
	} {
		w := get(t, page, path)
		assert.NotEqual(t, http.StatusInternalServerError, w.Code, path)
		assert.NotRegexp(t, `<script>|<img`, w.Body.String(), path)
	}
	assert.Equal(t, http.StatusOK, get(t, page, l.workload(keyOf(f.Owner))).Code, "and is found by its name")
	posted := httptest.NewRequest(http.MethodPost, "/preview", strings.NewReader("guardrails="+url.QueryEscape("</textarea>"+evil)))
	posted.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := ask(t, page, posted)
	assert.Equal(t, http.StatusOK, w.Code)
	assert.NotRegexp(t, `<script>|<img`, w.Body.String())
	var file strings.Builder
	require.NoError(t, WriteHTML(&file, r))
	assert.NotRegexp(t, `<script|<img`, file.String())
}

func TestOtherMethodsAreRefused(t *testing.T) {
	page := served(reportOf())
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete, http.MethodOptions, http.MethodTrace} {
		w := ask(t, page, httptest.NewRequest(method, "/", nil))
		assert.Equal(t, http.StatusMethodNotAllowed, w.Code, method)
		assert.Equal(t, "GET, HEAD", w.Header().Get("Allow"))
	}
	assert.Equal(t, http.StatusMethodNotAllowed, ask(t, page, httptest.NewRequest(http.MethodPost, "/preview", nil)).Code, "there is no preview")
	assert.Equal(t, http.StatusOK, ask(t, page, httptest.NewRequest(http.MethodHead, "/", nil)).Code)
}

func TestWhatIsNotThereIsNotFound(t *testing.T) {
	page := served(reportOf(finding("shop", "web", "ours", "image-latest-tag", v1alpha1.Deny)))
	for path, want := range map[string]string{
		"/nothing":                             "There is no such view.",
		"/preview":                             "There is no such view.",
		"/namespaces/other":                    "Nothing is known of a namespace other.",
		"/rules/ours/other":                    "Nothing breaks other of ours now, or there is no such rule.",
		"/workloads/shop/StatefulSet.apps/web": "Nothing is found of StatefulSet web now, or there is none.",
	} {
		w := get(t, page, path)
		assert.Equal(t, http.StatusNotFound, w.Code, path)
		assert.Contains(t, w.Body.String(), want)
	}
}

func TestBeforeTheFirstReportOneWaits(t *testing.T) {
	w := get(t, New(Options{Report: func() *audit.Report { return nil }}), "/")
	assert.Equal(t, http.StatusServiceUnavailable, w.Code)
	assert.Equal(t, "2", w.Header().Get("Refresh"), "and it comes by itself")
}

func TestTheOverviewCounts(t *testing.T) {
	r := reportOf(
		finding("shop", "web", "ours", "image-latest-tag", v1alpha1.Deny), finding("shop", "web", "ours", "resource-limits", v1alpha1.Warn),
		finding("shop", "api", "ours", "resource-limits", v1alpha1.Warn), finding("", "admin", "ours", "rbac-wildcards", v1alpha1.Audit),
	)
	r.Notes, r.Summary.Exempted = []string{"could not list secrets"}, 3
	body := get(t, served(r), "/").Body.String()
	for _, want := range []string{
		`<a class="tile deny" href="findings?action=Deny"><strong>1</strong><span>would be refused</span></a>`,
		`<a class="tile warn" href="findings?action=Warn"><strong>2</strong><span>would be warned about</span></a>`,
		`<a class="tile audit" href="findings?action=Audit"><strong>1</strong><span>would be audited</span></a>`,
		`<a class="tile exempt" href="exemptions"><strong>3</strong><span>exempted</span></a>`,
		`<strong>75<small>%</small></strong><span>6 of 8 objects pass</span>`,
		"could not list secrets", ">cluster-scoped</a>",
	} {
		assert.Contains(t, body, want)
	}
	assert.Less(t, strings.Index(body, "image-latest-tag"), strings.Index(body, "resource-limits"), "what is refused is worse than what is warned of")
}

func TestFiltersLeaveWhatTheyName(t *testing.T) {
	page := served(reportOf(
		finding("shop", "web", "ours", "image-latest-tag", v1alpha1.Deny), finding("shop", "api", "ours", "resource-limits", v1alpha1.Warn),
		finding("", "admin", "theirs", "resource-limits", v1alpha1.Audit), finding("bank", "web", "theirs", "image-latest-tag", v1alpha1.Deny),
	))
	for query, want := range map[string]int{
		"": 4, "action=Deny": 2, "action=deny": 2, "namespace=shop": 2, "namespace=-": 1, "rule=resource-limits": 2, "guardrail=theirs": 2,
		"guardrail=theirs&rule=resource-limits": 1, "name=web&namespace=bank": 1, "kind=deployment": 4, "kind=Pod": 0, "severity=medium": 4,
		"severity=high": 0, "q=ADMIN": 1, "q=+BANK+latest+": 1, "q=bank+shop": 0, "unknown=x": 4, "page=7": 4, "page=-1": 4, "page=x": 4,
	} {
		w := get(t, page, "/findings?"+query)
		assert.Equal(t, http.StatusOK, w.Code)
		assert.Equal(t, want, strings.Count(w.Body.String(), "data-row"), query)
		assert.Contains(t, w.Body.String(), fmt.Sprintf("%d of 4", want), query)
	}
}

// 10,000 findings are no page of 20 MB, and each is on one page.
func TestListsArePaged(t *testing.T) {
	var results []audit.Result
	for i := range 10_000 {
		results = append(results, finding(fmt.Sprintf("ns-%04d", i%700), fmt.Sprintf("web-%d", i/2), "ours", fmt.Sprintf("check-%03d", i%300), v1alpha1.Deny))
	}
	page := served(reportOf(results...))
	seen := map[string]bool{}
	at, pages := "/findings?action=Deny", 0
	for ; at != ""; pages++ {
		w := get(t, page, at)
		for _, name := range regexp.MustCompile(`>web-[0-9]+<`).FindAllString(w.Body.String(), -1) {
			seen[name] = true
		}
		next := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindStringSubmatch(w.Body.String())
		if at = ""; next != nil {
			at = "/" + strings.ReplaceAll(next[1], "&amp;", "&")
		}
	}
	assert.Equal(t, 100, pages)
	assert.Len(t, seen, 5000)
	for _, path := range []string{"/", "/namespaces", "/rules", "/workloads", "/findings", "/namespaces/ns-0001", "/rules/ours/check-001", "/guardrails"} {
		assert.Less(t, get(t, page, path).Body.Len(), 400_000, path)
	}
	var file strings.Builder
	require.NoError(t, WriteHTML(&file, reportOf(results...)))
	assert.Less(t, file.Len(), 9_000_000)
	assert.Contains(t, file.String(), "3,000 of 10,000")
}

func TestExemptionsSayWhenTheyEnd(t *testing.T) {
	day := func(n int) *time.Time { d := at.AddDate(0, 0, n); return &d }
	r := reportOf()
	r.Exemptions = []audit.ExemptionSummary{
		{Name: "gone", Expires: day(-3)}, {Name: "soon", Expires: day(3), LastUsed: day(-1)}, {Name: "later", Expires: day(300)}, {Name: "never"},
	}
	body := get(t, served(r), "/exemptions").Body.String()
	assert.Regexp(t, `<span class="deny">expired <time [^>]*>3 days ago</time></span>`, body)
	assert.Regexp(t, `<span class="warn"><time [^>]*>in 3 days</time></span>`, body)
	assert.Regexp(t, `<td><time [^>]*>in 300 days</time></td>`, body)
	assert.Regexp(t, `<td><span class="muted">never</span></td>`, body)
	assert.Regexp(t, `<time datetime="2026-11-30T09:00:00Z" title="2026-11-30T09:00:00Z">24 hours ago</time>`, body)
}

func TestNamespacesThatAreExcludedAreShown(t *testing.T) {
	r := reportOf()
	r.Namespaces = []audit.NamespaceSummary{{Name: "kube-system", Summary: audit.Summary{Objects: 4, Excluded: 4}}, {Name: "empty"}, {Name: "well", Summary: audit.Summary{Objects: 2, Evaluated: 2, Passed: 2}}}
	page := served(r)
	body := get(t, page, "/namespaces").Body.String()
	for name, want := range map[string]string{"kube-system": "excluded", "empty": "nothing evaluated", "well": "2 objects"} {
		assert.Contains(t, body, `href="namespaces/`+name+`">`+name+`</a> <small class="muted">`+want+`</small>`)
	}
	assert.Contains(t, get(t, page, "/namespaces/kube-system").Body.String(), "excluded from the webhook")
}

func TestThePreview(t *testing.T) {
	row := PreviewRow{Kind: "Deployment", Namespace: "shop", Name: "web", Objects: 3, Guardrail: "next", Rule: "resource-limits", Message: "must be set"}
	page := New(Options{Report: func() *audit.Report {
		return reportOf(finding("shop", "web", "ours", "image-latest-tag", v1alpha1.Deny))
	}, Preview: func(_ context.Context, yaml []byte) (*Preview, error) {
		switch string(yaml) {
		case "bad":
			return nil, errors.New("line 1: must be a Guardrail")
		case "same":
			return &Preview{}, nil
		}
		return &Preview{Groups: []PreviewGroup{{Title: "Newly refused", Worse: true, Rows: []PreviewRow{row}}, {Title: "Newly warned"}}, Notes: []string{"a note"}}, nil
	}})
	for name, test := range map[string]struct {
		body, site string
		code       int
		want       string
	}{
		"what becomes of it":       {"guardrails=kind:+Guardrail", "same-origin", 200, `Newly refused</h2><span class="deny">1</span>`},
		"where to look":            {"guardrails=kind:+Guardrail", "same-origin", 200, `<a href="workloads/shop/Deployment.apps/web">web</a>`},
		"the text stays":           {"guardrails=kind:+Guardrail", "same-origin", 200, "kind: Guardrail</textarea>"},
		"nothing":                  {"guardrails=same", "same-origin", 200, "Nothing would become different."},
		"a mistake":                {"guardrails=bad", "same-origin", 422, "line 1: must be a Guardrail"},
		"too much":                 {"guardrails=" + strings.Repeat("x", maxPreview), "same-origin", 422, "longer than 1 MiB"},
		"from another site":        {"guardrails=same", "cross-site", 403, "of another site"},
		"from another port or tab": {"guardrails=same", "same-site", 403, "of another site"},
	} {
		t.Run(name, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodPost, "/preview", strings.NewReader(test.body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", test.site)
			w := ask(t, page, r)
			assert.Equal(t, test.code, w.Code)
			assert.Contains(t, w.Body.String(), test.want)
		})
	}
	page.previewing.Lock()
	busy := httptest.NewRequest(http.MethodPost, "/preview", strings.NewReader("guardrails=same"))
	busy.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	assert.Contains(t, ask(t, page, busy).Body.String(), "Another preview is being made", "each takes a look at the whole cluster")
	assert.Contains(t, get(t, page, "/preview").Body.String(), "<textarea")
	assert.NotContains(t, get(t, served(reportOf()), "/").Body.String(), `href="preview"`)
}
