package audit

import (
	"cmp"
	"regexp"

	"taffrail.dev/taffrail/internal/report"
)

// Findings are the results in the form that is written for pipelines. What is a file there is the
// workload here, as NAMESPACE/KIND/NAME: it is what somebody can mend.
func (r *Report) Findings() *report.Report {
	all := report.New()
	for i := range r.Results {
		all.Add(r.Results[i].finding())
	}
	for _, note := range r.Notes {
		all.Note(note)
	}
	return all
}

func (f *Result) finding() report.Result {
	one := f.Result
	if one.Kind != f.Owner.Kind { // names of Pods change with each rollout
		one.Resource += " of " + f.Owner.Kind
	}
	one.Kind, one.Namespace, one.Name = f.Owner.Kind, f.Owner.Namespace, f.Owner.Name
	one.File = f.Owner.String()
	one.Identity = f.Place()
	one.Must = cmp.Or(one.Must, one.Message)
	return one
}

// Place tells findings of a check in an object apart, and stays when items of lists change places: the
// message names the container that an index counts.
func (f *Result) Place() string {
	return cmp.Or(f.Identity, index.ReplaceAllString(f.Path, "[]")+" "+f.Message)
}

// index is that of an item. What is a key between brackets may be a number as well, and is told apart
// by the message.
var index = regexp.MustCompile(`\[\d+\]`)

// String is the object as NAMESPACE/KIND/NAME, and without the first where it is in none.
func (o Object) String() string {
	if o.Namespace == "" {
		return o.Kind + "/" + o.Name
	}
	return o.Namespace + "/" + o.Kind + "/" + o.Name
}
