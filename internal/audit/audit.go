package audit

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
)

// Cluster is how an API server is reached.
type Cluster struct {
	Discovery discovery.DiscoveryInterface
	// Objects lists objects, by absolute paths.
	Objects rest.Interface
}

// Options are what to evaluate by.
type Options struct {
	Guardrails guardrail.Objects
	// Stored says that the guardrails are those of the cluster: one that cannot be enforced is set
	// aside, as the webhook sets it aside.
	Stored             bool
	ExcludedNamespaces []string
	// Progress is told after each page how far the evaluation is, by one caller at a time.
	Progress func(Progress)
}

// Progress is how far an evaluation is: of the kinds, and of the objects of those that have been begun.
type Progress struct{ Kinds, AllKinds, Objects, AllObjects int }

// Report is what is in a cluster that breaks a rule.
type Report struct {
	Results []Result `json:"results"`
	Summary Summary  `json:"summary"`
	// Notes are what could not be looked at, and what else one should know, a line each.
	Notes []string `json:"notes"`
}

// Result is a finding of a workload, with that of the objects that it controls.
type Result struct {
	report.Result
	// Owner controls the objects. It is the object itself, where nobody does.
	Owner Object `json:"owner"`
	// Objects are how many have the finding.
	Objects int `json:"objects"`
}

// Summary counts. Denied, Warned and Audited count results.
type Summary struct {
	Objects   int `json:"objects"`
	Evaluated int `json:"evaluated"`
	// Excluded are objects in namespaces that no guardrail ever matches in.
	Excluded int `json:"excluded"`
	Denied   int `json:"denied"`
	Warned   int `json:"warned"`
	Audited  int `json:"audited"`
	Exempted int `json:"exempted"`
}

// atOnce bounds the lists under way: each holds a page.
const atOnce = 4

// Run evaluates a cluster. Its error is that nothing could be evaluated; what could not be listed
// besides is in the notes.
func Run(ctx context.Context, cluster Cluster, o Options) (*Report, error) {
	a := &run{
		cluster: cluster, options: o, report: &Report{Results: []Result{}, Notes: []string{}},
		namespaces: map[string]*metav1.PartialObjectMetadata{}, owners: owners{},
	}
	if err := a.listNamespaces(ctx); err != nil {
		return nil, fmt.Errorf("listing Namespaces, whose labels decide what is evaluated: %w", err)
	}
	if err := a.compile(); err != nil {
		return nil, err
	}
	resources, notes, err := resourcesOf(cluster.Discovery, a.set)
	if err != nil {
		return nil, err
	}
	a.report.Notes = append(a.report.Notes, notes...)
	a.all(ctx, resources)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	a.finish()
	return a.report, nil
}

// run is one evaluation of a cluster.
type run struct {
	cluster    Cluster
	options    Options
	set        *guardrail.Set
	namespaces map[string]*metav1.PartialObjectMetadata

	mu     sync.Mutex
	report *Report
	found  []found
	owners owners

	progress Progress
}

// advance tells how far the evaluation is. More may be less: objects go while they are listed.
func (a *run) advance(kinds, objects, more int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.progress.Kinds += kinds
	a.progress.Objects += objects
	a.progress.AllObjects += more
	if a.options.Progress != nil {
		a.options.Progress(a.progress)
	}
}

func (a *run) compile() (err error) {
	objects, notes := withoutRequests(a.options.Guardrails)
	a.report.Notes = append(a.report.Notes, notes...)
	o := guardrail.Options{
		ExcludedNamespaces: a.options.ExcludedNamespaces,
		Cluster:            workload.Cluster{Namespace: a.namespace},
		AllFindings:        true,
	}
	if !a.options.Stored {
		a.set, err = guardrail.Compile(objects, o)
		return err
	}
	var compiled guardrail.Report
	a.set, compiled = guardrail.NewCompiler(o).Compile(objects)
	if err := compiled.Err(); err != nil {
		for line := range strings.Lines(err.Error()) {
			a.note("not enforced: %s", strings.TrimSpace(line))
		}
	}
	return nil
}

// found is a finding of one object.
type found struct {
	object Object
	result report.Result
}

func (a *run) listNamespaces(ctx context.Context) error {
	resource := corev1.SchemeGroupVersion.WithResource("namespaces")
	kind := listed{resource: resource, kind: corev1.SchemeGroupVersion.WithKind("Namespace")}
	for p, err := range pages(ctx, a.cluster.Objects, resource) {
		if err != nil {
			return err
		}
		for _, item := range p.Items {
			review, err := kind.review(item)
			if err != nil {
				return err
			}
			m := review.Meta()
			labels := maps.Clone(m.GetLabels())
			if labels == nil {
				labels = map[string]string{}
			}
			labels[corev1.LabelMetadataName] = m.GetName()
			a.namespaces[m.GetName()] = &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{
				Name: m.GetName(), Labels: labels, Annotations: m.GetAnnotations(),
			}}
		}
	}
	return nil
}

func (a *run) namespace(_ context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	return a.namespaces[name], nil
}

// all lists and evaluates resources, a few at a time.
func (a *run) all(ctx context.Context, resources []listed) {
	a.progress.AllKinds = len(resources)
	var group sync.WaitGroup
	free := make(chan struct{}, atOnce)
	for _, resource := range resources {
		free <- struct{}{}
		group.Go(func() {
			defer func() { <-free }()
			a.one(ctx, &resource)
		})
	}
	group.Wait()
}

func (a *run) one(ctx context.Context, kind *listed) {
	left := 0 // of the objects that the page before has told of
	defer func() { a.advance(1, 0, -left) }()
	for p, err := range pages(ctx, a.cluster.Objects, kind.resource) {
		if err != nil {
			a.note("could not list %s: %v; the rest is complete", kind.resource.GroupResource(), err)
			return
		}
		for _, item := range p.Items {
			a.object(ctx, kind, item)
		}
		now := int(ptr.Deref(p.Metadata.RemainingItemCount, 0))
		a.advance(0, len(p.Items), len(p.Items)+now-left)
		left = now
	}
}

func (a *run) note(format string, args ...any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.report.Notes = append(a.report.Notes, fmt.Sprintf(format, args...))
}

// object evaluates one. Pods are evaluated as they are; templates are completed with the defaults, as
// those of the webhook are.
func (a *run) object(ctx context.Context, kind *listed, item []byte) {
	review, err := kind.review(item)
	if err != nil {
		a.note("could not read one of %s: %v", kind.resource.GroupResource(), err)
		return
	}
	meta := review.Meta()
	excluded := a.set.Excludes(review.Namespace)
	var decision guardrail.Decision
	covered := false
	if !excluded {
		if decision, err = a.set.Validate(ctx, review); err != nil {
			a.note("could not evaluate %s %s: %v", kind.resource.GroupResource(), nameOf(review), err)
			return
		}
		covered = len(a.set.Coverage(ctx, review).By) > 0
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.owners.note(meta)
	s := &a.report.Summary
	s.Objects++
	switch {
	case excluded:
		s.Excluded++
	case covered:
		s.Evaluated++
	}
	s.Exempted += len(decision.Exempted)
	object := Object{review.Kind.GroupVersion().String(), review.Kind.Kind, meta.GetNamespace(), meta.GetName(), meta.GetUID()}
	for _, f := range decision.Findings {
		a.found = append(a.found, found{object, report.Result{
			Kind: object.Kind, Namespace: object.Namespace, Name: object.Name,
			Guardrail: f.Guardrail, Validator: f.Validator, Control: f.Control, Action: f.Action, Severity: string(f.Severity),
			Path: f.Path.String(), Message: report.MessageOf(f), Fix: f.Fix,
			Resource: review.GroupResource(), Rule: f.Rule,
		}})
	}
}

func nameOf(review *workload.Review) string {
	if review.Namespace == "" || review.Kind.Kind == "Namespace" {
		return review.Name
	}
	return review.Namespace + "/" + review.Name
}

// finish counts the findings of objects to who controls them.
func (a *run) finish() {
	type same struct {
		owner                                             Object
		guardrail, validator, control, action, path, text string
	}
	at := map[same]int{}
	for _, f := range a.found {
		owner := a.owners.of(f.object)
		key := same{
			owner, f.result.Guardrail, f.result.Validator, f.result.Control, string(f.result.Action),
			inPod(schema.FromAPIVersionAndKind(f.object.APIVersion, f.object.Kind).GroupKind(), f.result.Path), f.result.Message,
		}
		i, known := at[key]
		if !known {
			at[key] = len(a.report.Results)
			a.report.Results = append(a.report.Results, Result{f.result, owner, 1})
			continue
		}
		r := &a.report.Results[i]
		r.Objects++
		if f.object == owner { // what its owner says of the path is what somebody can mend
			r.Result = f.result
		}
	}
	for i := range a.report.Results {
		switch a.report.Results[i].Action {
		case v1alpha1.Deny:
			a.report.Summary.Denied++
		case v1alpha1.Audit:
			a.report.Summary.Audited++
		default:
			a.report.Summary.Warned++
		}
	}
	slices.SortStableFunc(a.report.Results, func(x, y Result) int {
		return cmp.Or(cmp.Compare(x.Owner.Namespace, y.Owner.Namespace), cmp.Compare(x.Owner.Kind, y.Owner.Kind), cmp.Compare(x.Owner.Name, y.Owner.Name),
			cmp.Compare(x.Validator, y.Validator), cmp.Compare(x.Control, y.Control), cmp.Compare(x.Path, y.Path))
	})
	slices.Sort(a.report.Notes)
}
