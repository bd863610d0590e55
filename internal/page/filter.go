package page

import (
	"cmp"
	"net/url"
	"strconv"
	"strings"

	"taffrail.dev/taffrail/internal/audit"
)

// filter says which findings a view shows. It is the query of its URL, so that a view can be sent to
// somebody. What is empty is not asked for.
type filter struct {
	action, namespace, guardrail, rule, severity, kind, name, text string
	// page counts from 1.
	page int
}

// clusterScoped stands for no namespace, where a name must be. No Namespace is called so.
const clusterScoped = "-"

func namespaceName(name string) string { return cmp.Or(name, clusterScoped) }

func filterOf(query url.Values) filter {
	f := filter{
		action: query.Get("action"), namespace: query.Get("namespace"), guardrail: query.Get("guardrail"),
		rule: query.Get("rule"), severity: query.Get("severity"), kind: query.Get("kind"), name: query.Get("name"), text: strings.TrimSpace(query.Get("q")), page: 1,
	}
	if n, err := strconv.Atoi(query.Get("page")); err == nil && n > 1 {
		f.page = n
	}
	return f
}

// query is the filter as a query, without a question mark.
func (f filter) query() string {
	q := url.Values{}
	for name, value := range map[string]string{
		"action": f.action, "namespace": f.namespace, "guardrail": f.guardrail, "rule": f.rule,
		"severity": f.severity, "kind": f.kind, "name": f.name, "q": f.text,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if f.page > 1 {
		q.Set("page", strconv.Itoa(f.page))
	}
	return q.Encode()
}

func (f filter) match(r *audit.Result) bool {
	is := func(want, have string) bool { return want == "" || strings.EqualFold(want, have) }
	return is(f.action, string(r.Action)) && is(f.namespace, namespaceName(r.Owner.Namespace)) && is(f.guardrail, r.Guardrail) &&
		is(f.rule, r.Validator) && is(f.severity, r.Severity) && is(f.kind, r.Owner.Kind) && is(f.name, r.Owner.Name) && f.says(
		r.Owner.Namespace, r.Owner.Kind, r.Owner.Name, r.Guardrail, r.Validator, r.Control, r.Path, r.Message)
}

// says tells whether a text has all words that are looked for.
func (f filter) says(in ...string) bool {
	if f.text == "" {
		return true
	}
	text := strings.ToLower(strings.Join(in, "\n"))
	for word := range strings.FieldsSeq(strings.ToLower(f.text)) {
		if !strings.Contains(text, word) {
			return false
		}
	}
	return true
}

// pageSize is how many rows a page has: about 100 KB, which one still reads.
const pageSize = 100

// paged are the rows of a page, and how many pages there are. A page behind the last one is the last.
func paged[T any](all []T, page, size int) (rows []T, current, pages int) {
	pages = max((len(all)+size-1)/size, 1)
	current = min(max(page, 1), pages)
	return all[(current-1)*size : min(current*size, len(all))], current, pages
}
