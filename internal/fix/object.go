package fix

import (
	"context"
	"errors"
	"fmt"
	"slices"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/admission"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
)

// maxRounds bounds how often defaults and fixes follow each other. Two that undo each other's work
// would go on for ever.
const maxRounds = 10

// patching is an object on its way.
type patching struct {
	object *manifest.Object
	// raw is the object after the operations, as JSON.
	raw        []byte
	operations []workload.Operation

	defaults, fixes int
	// unwritten are defaults that cannot be written, and why.
	unwritten []guardrail.Applied
	why       error
	// ignored are the findings that the manifest says are to be ignored.
	ignored map[string]bool
	// refused are the findings whose fixes have not been made, and why.
	refused map[string]string
	// err says that the object cannot be evaluated.
	err *report.Error
}

func (r *run) object(ctx context.Context, object *manifest.Object, ignored map[string]bool) *patching {
	p := &patching{object: object, raw: object.Raw, ignored: ignored, refused: map[string]string{}}
	for round := range maxRounds {
		before := len(p.operations)
		r.complete(ctx, p)
		if round == 0 { // nobody promises that a second time changes nothing
			r.write(ctx, p, r.mutations, (*guardrail.Set).Mutate)
		}
		r.mend(ctx, p)
		if len(p.operations) == before || p.err != nil {
			break
		}
	}
	return p
}

// complete writes the defaults that the Pod gets, or the Pods of the template.
func (r *run) complete(ctx context.Context, p *patching) {
	review := r.write(ctx, p, r.defaults, (*guardrail.Set).Mutate)
	if review != nil && review.Pod != nil && review.Pod.IsTemplate() {
		r.write(ctx, p, r.defaults, (*guardrail.Set).MutateTemplate)
	}
}

// write writes what a set makes of the object as it is by now, whose review it was.
func (r *run) write(
	ctx context.Context, p *patching, set *guardrail.Set, by func(*guardrail.Set, context.Context, *workload.Review) guardrail.Mutation,
) *workload.Review {
	review, err := r.Review(set, p.object, p.raw)
	if review == nil {
		p.err = err
		return nil
	}
	mutation := by(set, ctx, review)
	if len(mutation.Patch) == 0 {
		return review
	}
	if why := p.try(mutation.Patch); why != nil {
		p.why = why
		for _, a := range mutation.Applied {
			if !slices.Contains(p.unwritten, a) {
				p.unwritten = append(p.unwritten, a)
			}
		}
		return review
	}
	p.defaults += len(mutation.Applied)
	return review
}

// mend makes the fixes of findings, one at a time: each is for the object as it was evaluated.
func (r *run) mend(ctx context.Context, p *patching) {
	findings := r.find(ctx, p)
	for p.err == nil {
		next := r.next(p, findings)
		if next == nil {
			return
		}
		before := *p
		if err := p.try(next.Fix); err != nil {
			p.refused[keyOf(next)] = err.Error()
			continue
		}
		after := r.find(ctx, p)
		if p.err != nil || alike(after, next) >= alike(findings, next) {
			*p = before
			p.refused[keyOf(next)] = "its fix would not do here"
			continue
		}
		p.fixes += max(len(findings)-len(after), 1) // what it has mended besides counts, too
		findings = after
	}
}

// next is the first finding that has a fix to be made, or nil.
func (r *run) next(p *patching, findings []*guardrail.Finding) *guardrail.Finding {
	for _, f := range findings {
		if _, refused := p.refused[keyOf(f)]; !refused && !p.ignored[keyOf(f)] && len(f.Fix) > 0 && (f.Safe || r.unsafe) && r.only.hasCheck(f.Validator, f.Control) {
			return f
		}
	}
	return nil
}

// find evaluates the object as it is by now.
func (r *run) find(ctx context.Context, p *patching) []*guardrail.Finding {
	review, wrong := r.Review(r.set, p.object, p.raw)
	if review == nil {
		p.err = wrong
		return nil
	}
	outcome, err := admission.Admit(ctx, r.set, review)
	if err != nil {
		line, _ := p.object.PositionAt("")
		p.err = &report.Error{File: p.object.File, Line: line, Message: fmt.Sprintf("%s %q: %v", p.object.Kind, p.object.Name, err)}
		return nil
	}
	return outcome.Decision.Findings
}

// keyOf is what a finding is about.
func keyOf(f *guardrail.Finding) string {
	return f.Guardrail + " " + f.Validator + " " + f.Control + " " + f.Path.String() + " " + report.MessageOf(f)
}

// alike is how many findings are about the same place of the same check.
func alike(findings []*guardrail.Finding, like *guardrail.Finding) (n int) {
	for _, f := range findings {
		if f.Guardrail == like.Guardrail && f.Validator == like.Validator && f.Control == like.Control {
			n++
		}
	}
	return n
}

// try applies operations that were meant for the object as it was evaluated. The error says why they
// cannot be written.
func (p *patching) try(operations []workload.Operation) error {
	fitted := p.object.With(p.raw).Fit(operations)
	if len(fitted) == 0 {
		return errors.New("its fix is about what is not written in the manifest")
	}
	raw, err := patched(p.raw, fitted)
	if err != nil {
		return err
	}
	all := append(slices.Clip(p.operations), fitted...)
	if _, err := p.object.Edits(all); err != nil {
		return err
	}
	p.raw, p.operations = raw, all
	return nil
}

func patched(raw []byte, operations []workload.Operation) ([]byte, error) {
	encoded, err := workload.EncodePatch(operations)
	if err != nil {
		return nil, err
	}
	patch, err := jsonpatch.DecodePatch(encoded)
	if err != nil {
		return nil, err
	}
	return patch.Apply(raw)
}
