package migrate

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/check"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// Proof are the verdicts of the migrated guardrails by the policies that they come from, next to those
// of the old engine where its reports are among the inputs.
type Proof struct {
	Verdicts []Verdict `json:"verdicts"`
	// Compared says that there are verdicts of the old engine. Without them there is nothing to compare.
	Compared   bool `json:"compared"`
	Same       int  `json:"same"`
	OnlyTheirs int  `json:"onlyTheirs"`
	OnlyOurs   int  `json:"onlyOurs"`
	// Elsewhere are verdicts of the old engine on objects that are not among the manifests.
	Elsewhere int `json:"elsewhere"`
}

// Verdict is that an object breaks a policy.
type Verdict struct {
	Policy    string `json:"policy"`
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// By is ours, theirs or both.
	By string `json:"by"`
}

// Found is a finding of a check or a rule in an object.
type Found struct{ Guardrail, Validator, Kind, Namespace, Name string }

// broken is a verdict as a key.
type broken struct{ policy, kind, namespace, name string }

// ProveManifests evaluates manifests by the migrated guardrails.
func (r *Result) ProveManifests(ctx context.Context, in *policy.Inputs, stdin io.Reader, args ...string) error {
	report, err := check.Run(ctx, check.Options{Objects: r.Objects}, stdin, args...)
	if err != nil {
		return err
	}
	for i := range report.Errors {
		return fmt.Errorf("--prove: %s", report.Errors[i].String())
	}
	var all []Found
	for f := range report.All() {
		all = append(all, Found{f.Guardrail, f.Validator, f.Kind, f.Namespace, f.Name})
	}
	evaluated := map[[3]string]bool{}
	objects, _ := Read(strings.NewReader(""), args...)
	for _, o := range objects.Objects {
		evaluated[[3]string{o.Kind, namespaceOf(o.Namespace), o.Name}] = true
	}
	r.Prove(in, all, func(kind, namespace, name string) bool { return evaluated[[3]string{kind, namespace, name}] })
	return nil
}

// Prove holds findings against the reports of the old engine that are among the inputs. Known tells
// whether an object has been evaluated.
func (r *Result) Prove(in *policy.Inputs, all []Found, known func(kind, namespace, name string) bool) {
	of := map[string][]string{}
	for i := range r.Rows {
		for _, became := range r.Rows[i].Became {
			of[became] = append(of[became], r.Rows[i].Policy)
		}
	}
	ours := map[broken]bool{}
	for _, f := range all {
		for _, name := range of[f.Guardrail+"/"+f.Validator] {
			ours[broken{name, f.Kind, namespaceOf(f.Namespace), f.Name}] = true
		}
	}
	theirs, compared := oldVerdicts(in)
	proof := &Proof{Compared: compared, Verdicts: []Verdict{}}
	for b := range theirs {
		switch {
		case ours[b]:
			proof.Same++
			proof.add(b, "both")
		case !known(b.kind, b.namespace, b.name):
			proof.Elsewhere++
		default:
			proof.OnlyTheirs++
			proof.add(b, "theirs")
		}
	}
	for b := range ours {
		if !theirs[b] {
			proof.OnlyOurs++
			proof.add(b, "ours")
		}
	}
	slices.SortFunc(proof.Verdicts, func(a, b Verdict) int {
		return cmp.Or(cmp.Compare(a.Policy, b.Policy), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	r.Proof = proof
}

func (p *Proof) add(b broken, by string) {
	p.Verdicts = append(p.Verdicts, Verdict{b.policy, b.kind, b.namespace, b.name, by})
}

// namespaceOf is the namespace that an object without one is in; for what lives in none it is the same
// on both sides.
func namespaceOf(namespace string) string {
	if namespace == "default" {
		return ""
	}
	return namespace
}

// oldVerdicts are those of PolicyReports and of the status of constraints.
func oldVerdicts(in *policy.Inputs) (all map[broken]bool, given bool) {
	all = map[broken]bool{}
	for _, o := range in.Objects {
		switch {
		case o.Group() == "wgpolicyk8s.io" || o.Group() == "openreports.io":
			given = true
			addReport(all, o)
		case o.Group() == "constraints.gatekeeper.sh":
			status, is := o.Content["status"].(map[string]any)
			given = given || is
			list, _ := status["violations"].([]any)
			for _, item := range list {
				at := referenced(item)
				all[broken{o.Name, at.kind, at.namespace, at.name}] = true
			}
		}
	}
	return all, given
}

func addReport(all map[broken]bool, o *policy.Object) {
	whole := referenced(o.Content["scope"])
	results, _ := o.Content["results"].([]any)
	for _, item := range results {
		result, _ := item.(map[string]any)
		if result["result"] != "fail" && result["result"] != "warn" {
			continue
		}
		name, _ := result["policy"].(string)
		if _, after, found := strings.Cut(name, "/"); found {
			name = after
		}
		resources, _ := result["resources"].([]any)
		if resources == nil {
			resources, _ = result["subjects"].([]any)
		}
		for _, resource := range resources {
			at := referenced(resource)
			all[broken{name, at.kind, at.namespace, at.name}] = true
		}
		if len(resources) == 0 && whole.name != "" {
			all[broken{name, whole.kind, whole.namespace, whole.name}] = true
		}
	}
}

// referenced is the object that a reference names.
func referenced(value any) broken {
	ref, _ := value.(map[string]any)
	text := func(key string) string { s, _ := ref[key].(string); return s }
	return broken{kind: text("kind"), namespace: namespaceOf(text("namespace")), name: text("name")}
}

// lines say the proof for people.
func (p *Proof) lines() (lines []string) {
	for _, v := range p.Verdicts {
		name := v.Name
		if v.Namespace != "" {
			name = v.Namespace + "/" + name
		}
		by := ""
		if p.Compared {
			by = map[string]string{"both": "same", "theirs": "only theirs", "ours": "only ours"}[v.By] + ": "
		}
		lines = append(lines, fmt.Sprintf("%s%s %s breaks %s", by, v.Kind, name, v.Policy))
	}
	if !p.Compared {
		return append(lines, fmt.Sprintf("%s; no PolicyReport and no constraint status among the inputs to compare with", count(len(p.Verdicts), "verdict")))
	}
	return append(lines, fmt.Sprintf("%d same, %d only theirs, %d only ours; %d of theirs are on objects that were not evaluated", p.Same, p.OnlyTheirs, p.OnlyOurs, p.Elsewhere))
}

func (r *Result) provenText(b *strings.Builder) {
	if r.Proof == nil {
		return
	}
	b.WriteString("\nProof:\n")
	for _, line := range r.Proof.lines() {
		fmt.Fprintf(b, "- %s\n", line)
	}
}

func (r *Result) provenMarkdown(b *strings.Builder) {
	if r.Proof == nil {
		return
	}
	b.WriteString("\n### Proof\n\n")
	for _, line := range r.Proof.lines() {
		fmt.Fprintf(b, "- %s\n", span(line))
	}
}
