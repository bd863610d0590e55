package plan

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	admissionv1 "k8s.io/api/admission/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/admission"
	"taffrail.dev/taffrail/internal/auditlog"
	"taffrail.dev/taffrail/internal/registration"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
)

// Log is what was read of an audit log.
type Log struct {
	auditlog.Counts
	// From and To are when the first and the last of the requests ended that were compared.
	From time.Time `json:"from,omitzero"`
	To   time.Time `json:"to,omitzero"`
	// Replayed are the requests that were compared.
	Replayed int `json:"replayed"`
	// NotReplayed are those that could not be, by the reason.
	NotReplayed []NotReplayed `json:"notReplayed"`
	// Unknown are the updates of objects that the log has not told of before.
	Unknown int `json:"unknown"`
}

// NotReplayed counts the requests that cannot be compared.
type NotReplayed struct {
	Reason   auditlog.Reason `json:"reason"`
	Requests int             `json:"requests"`
	About    string          `json:"about"`
}

// LogOptions are what a log does not tell.
type LogOptions struct {
	ExcludedNamespaces []string
	// Namespaces are those of a cluster; NamespaceLabels are the labels of all others. Nil, nothing
	// is known of these but their name.
	Namespaces      []metav1.PartialObjectMetadata
	NamespaceLabels map[string]string
}

// AuditLog compares two guardrails by the requests of an audit log, one after the other as they
// were sent. The error is about the guardrails, or about the log as a whole.
func AuditLog(ctx context.Context, from, to *Side, o LogOptions, log io.Reader) (*Plan, error) {
	p := newPlan(from, to)
	p.Log = &Log{}
	r := &replay{
		plan: p, collector: collect(p), namespaces: newNamespaces(o.Namespaces, o.NamespaceLabels), former: newFormer(),
		not: map[auditlog.Reason]int{},
	}
	var err error
	if r.sets, err = compileBoth(p, from, to, guardrail.Options{
		ExcludedNamespaces: o.ExcludedNamespaces, Cluster: workload.Cluster{Namespace: r.namespaces.get}, AllFindings: true,
	}); err != nil {
		return nil, err
	}
	r.watched = watchedBy(r.sets)
	reader := &auditlog.Reader{Wanted: r.wanted}
	err = reader.Read(log, func(e *auditlog.Event) error { return r.event(ctx, e) })
	switch {
	case ctx.Err() != nil:
		return nil, ctx.Err()
	case err != nil && reader.Events == 0:
		return nil, fmt.Errorf("reading the audit log: %w", err)
	case err != nil: // one that is cut is as good up to there
		p.Errors = append(p.Errors, report.Error{File: "audit log", Message: "was not read to its end: " + err.Error()})
	case reader.Events == 0:
		return nil, r.empty(reader)
	}
	r.finish(reader)
	return p, nil
}

// replay compares the requests of a log.
type replay struct {
	plan       *Plan
	sets       sets
	watched    *watched
	collector  *collector
	namespaces *namespaces
	former     *former
	not        map[auditlog.Reason]int
}

// wanted leaves out what would come to no webhook. Namespaces are always of interest: their labels
// decide.
func (r *replay) wanted(e *auditlog.Event) bool {
	if isNamespace(e) && e.Operation() != admissionv1.Delete {
		return true
	}
	return r.concerns(e)
}

// concerns tells whether a request comes to a webhook.
func (r *replay) concerns(e *auditlog.Event) bool {
	user := e.Sender()
	return !registration.LeftOut(&user) && !r.sets.to.Excludes(e.ObjectRef.Namespace) && r.watched.has(e.Operation(), &e.ObjectRef)
}

func isNamespace(e *auditlog.Event) bool {
	return e.ObjectRef.Resource == "namespaces" && e.ObjectRef.APIGroup == "" && e.ObjectRef.Subresource == ""
}

func (r *replay) event(ctx context.Context, e *auditlog.Event) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	operation := e.Operation()
	request, reason := e.Request()
	switch {
	case !r.concerns(e):
		r.plan.Log.Unwanted++
	case reason == "" && !r.watched.inVersion(operation, &e.ObjectRef):
		r.not[auditlog.Converted]++
	case reason != "":
		r.not[reason]++
	default:
		r.request(ctx, e, request)
	}
	r.remember(e, request)
	return nil
}

func (r *replay) request(ctx context.Context, e *auditlog.Event, request *admissionv1.AdmissionRequest) {
	unknown := false
	if request.Operation == admissionv1.Update {
		request.OldObject.Raw = r.former.find(nameOfEvent(e))
		unknown = len(request.OldObject.Raw) == 0
	}
	review, err := admission.Sent(request)
	if err != nil {
		r.not[auditlog.Malformed]++
		return
	}
	was, is, evaluated, err := r.sets.each(ctx, review)
	if err != nil {
		r.not[auditlog.Malformed]++
		return
	}
	l, s := r.plan.Log, &r.plan.Summary
	l.Replayed++
	s.Objects++
	if evaluated {
		s.Evaluated++
	}
	if unknown {
		l.Unknown++
	}
	if l.From.IsZero() {
		l.From = e.Time
	}
	l.To = e.Time
	differences := compare(was, is)
	for i := range differences {
		// What was so before an update passes with a warning, and here nobody knows what was
		// before.
		if unknown && differences[i].what == NewlyRefused {
			differences[i].what = PerhapsRefused
		}
	}
	r.collector.add(subjectOf(e, review), differences)
}

func subjectOf(e *auditlog.Event, review *workload.Review) *subject {
	w, controlled := workloadOf(review)
	return &subject{workload: w, controlled: controlled, request: &Request{
		AuditID: e.AuditID, Time: e.Time, User: review.User.Username, Operation: string(review.Operation),
		Resource: resourceOf(review), Namespace: review.Namespace, Name: review.DisplayName(), Refused: e.Response.Code >= 400 && review.Operation != admissionv1.Connect,
	}}
}

func resourceOf(review *workload.Review) string {
	if review.Subresource == "" {
		return review.GroupResource()
	}
	return review.GroupResource() + "/" + review.Subresource
}

// workloadOf is what controls an object in the end, as far as the object itself tells.
func workloadOf(review *workload.Review) (w Workload, controlled bool) {
	own := Workload{review.Kind.Kind, review.Namespace, review.DisplayName()}
	if review.Kind.Kind == "Namespace" {
		own.Namespace = ""
	}
	if review.Subresource != "" && review.Resource.Resource == "pods" {
		own.Kind = "Pod"
	}
	meta := review.Meta()
	if meta == nil {
		return own, false
	}
	owner := metav1.GetControllerOfNoCopy(meta)
	if owner == nil {
		return own, false
	}
	names := review.Names().Whole
	if n := len(names); review.Pod != nil && n > 0 && names[n-1] != owner.Name && names[n-1] != own.Name {
		behind := names[n-1]
		kind := map[string]string{"ReplicaSet": "Deployment", "Job": "CronJob"}[owner.Kind]
		return Workload{kind, review.Namespace, behind}, true
	}
	return Workload{owner.Kind, review.Namespace, owner.Name}, true
}

func nameOfEvent(e *auditlog.Event) name {
	r := &e.ObjectRef
	return name{r.GroupVersionResource().GroupResource(), r.Namespace, r.Name}
}

// remember keeps what a request has left behind. After a patch nobody knows that.
func (r *replay) remember(e *auditlog.Event, request *admissionv1.AdmissionRequest) {
	if e.Response.Code >= 300 || request != nil && *request.DryRun || e.Operation() == admissionv1.Connect {
		return
	}
	if isNamespace(e) && request != nil {
		r.namespaces.see(request.Name, request.Object.Raw)
	}
	at := nameOfEvent(e)
	switch {
	case at.name == "":
	case request == nil || e.ObjectRef.Subresource != "":
		r.former.forget(at)
	case r.watched.has(admissionv1.Update, &e.ObjectRef):
		r.former.keep(at, e.Left())
	}
}

func (r *replay) empty(reader *auditlog.Reader) error {
	if reader.Fault != "" {
		return fmt.Errorf("the audit log holds no event of audit.k8s.io/v1 (JSON lines): %s", reader.Fault)
	}
	return fmt.Errorf("the audit log holds no request that has ended (stage ResponseComplete) in %d lines", reader.Lines)
}

func (r *replay) finish(reader *auditlog.Reader) {
	l := r.plan.Log
	unwanted := l.Unwanted + reader.Unwanted
	l.Counts, l.NotReplayed = reader.Counts, []NotReplayed{}
	l.Unwanted = unwanted
	for reason, n := range map[auditlog.Reason]int{auditlog.Foreign: reader.Foreign, auditlog.Unreadable: reader.Unreadable} {
		if n > 0 {
			r.not[reason] = n
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(r.not)) {
		l.NotReplayed = append(l.NotReplayed, NotReplayed{reason, r.not[reason], reason.About()})
	}
	if reader.Fault != "" {
		r.plan.Notes = append(r.plan.Notes, "audit log, "+reader.Fault)
	}
	r.plan.Notes = append(r.plan.Notes, r.namespaces.assumed(r.sets)...)
	r.collector.finish()
}
