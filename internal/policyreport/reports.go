package policyreport

import (
	"fmt"
	"iter"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/audit"
)

// ours is the label of the reports that we write, and of no others that we touch.
const (
	ours      = "app.kubernetes.io/managed-by"
	oursValue = "taffrail"
)

// namespace is what there is to report of a namespace, or of what is in none.
type namespace struct {
	name    string
	rows    []Row
	since   map[string]time.Time // by the identities of the rows, as far as it is known
	known   map[string]int       // the identities that rows would have of themselves
	summary Summary
}

// namespaces goes through those of an audit that have anything to report, one at a time: the rows of
// all of them are many times the findings.
func namespaces(r *audit.Report) iter.Seq[*namespace] {
	return func(yield func(*namespace) bool) {
		results, checks := r.Results, catalogue{}
		all := r.Namespaces
		if len(all) == 0 || all[0].Name != "" { // where what could not be evaluated stands in any case
			all = append([]audit.NamespaceSummary{{}}, all...)
		}
		for i := range all {
			s := &all[i]
			n := &namespace{name: s.Name, since: map[string]time.Time{}, known: map[string]int{}, summary: Summary{Pass: s.Passed, Skip: s.Exempted}}
			for len(results) > 0 && results[0].Owner.Namespace < s.Name {
				results = results[1:] // of no namespace that is counted
			}
			for len(results) > 0 && results[0].Owner.Namespace == s.Name {
				n.add(checks.rowOf(&results[0]), results[0].FirstSeen)
				results = results[1:]
			}
			n.besides(r)
			if len(n.rows) > 0 && !yield(n) {
				return
			}
		}
	}
}

// add adds a row. Those of items without a name are alike but for their place, and are counted.
func (n *namespace) add(row Row, since time.Time) {
	id := row.Properties[resultID]
	if n.known[id]++; n.known[id] > 1 {
		id = identity(id, fmt.Sprint(n.known[id]))
		row.Properties[resultID] = id
	}
	n.rows = append(n.rows, row)
	if !since.IsZero() {
		n.since[id] = since
	}
}

// besides adds what is no finding: Exemptions in use, and what could not be evaluated.
func (n *namespace) besides(r *audit.Report) {
	for i := range r.Exemptions {
		if x := &r.Exemptions[i]; x.Namespace == n.name && x.Used > 0 {
			n.add(rowOfExemption(x), time.Time{})
		}
	}
	if n.name != "" {
		return
	}
	seen := map[string]bool{}
	for _, note := range r.Notes {
		if row := rowOfNote(note); strings.HasPrefix(note, "could not ") && !seen[row.Properties[resultID]] {
			seen[row.Properties[resultID]] = true
			n.add(row, time.Time{})
		}
	}
}

// reports are those of a namespace, which are parted as they were.
func (n *namespace) reports(api *API, was func(bits string) bool) []*Report {
	var all []*Report
	for i, p := range partition(n.rows, was) {
		r := newReport(api, n.name, p.name())
		r.Results = p.rows
		if p.more > 0 {
			r.Results = append(r.Results, rowOfMore(n.name, p.name(), p.more))
		}
		r.Summary.count(r.Results)
		if i == 0 { // so that the sums over all parts are right
			r.Summary.Pass, r.Summary.Skip = n.summary.Pass, n.summary.Skip
		}
		all = append(all, r)
	}
	return all
}

// newReport is one without rows.
func newReport(api *API, namespace, name string) *Report {
	r := &Report{
		TypeMeta:   metav1.TypeMeta{APIVersion: api.String(), Kind: api.Kind},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace, Labels: map[string]string{ours: oursValue}},
	}
	if namespace == "" {
		r.Kind = api.ClusterKind
	}
	if api.sourceAtTop {
		r.Source = source
	}
	return r
}

// count counts rows, but for those of Exemptions: what these let through is counted.
func (s *Summary) count(rows []Row) {
	for i := range rows {
		switch rows[i].Result {
		case fail:
			s.Fail++
		case warn:
			s.Warn++
		case failure:
			s.Error++
		}
	}
}

// stamp writes when rows were first seen.
func (r *Report) stamp(when func(id string) time.Time) {
	for i := range r.Results {
		row := &r.Results[i]
		row.Timestamp = &Timestamp{Seconds: when(row.Properties[resultID]).Unix()}
	}
}
