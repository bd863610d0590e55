package migrate

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// assembly puts the parts of rules into Guardrails: those of one policy that hold for the same
// objects into one, where a check stands once.
type assembly struct {
	rules   []policy.Rule
	became  map[int][]string // by the index of the rule
	objects guardrail.Objects
	names   map[string]bool
}

func newAssembly() *assembly { return &assembly{became: map[int][]string{}, names: map[string]bool{}} }

// add takes the rules of one policy.
func (a *assembly) add(of *policy.Object, rules []policy.Rule) {
	first := len(a.rules)
	a.rules = append(a.rules, rules...)
	var drafts []*draft
	for i := first; i < len(a.rules); i++ {
		if len(a.rules[i].Excepts) > 0 {
			continue
		}
		for j := range a.rules[i].Parts {
			drafts = put(drafts, i, &a.rules[i].Parts[j])
		}
	}
	for n, d := range drafts {
		name := guardrailName(of, n)
		if own := rules[d.of[0]-first].Guardrail; own != "" {
			name = own
		}
		a.take(d, name)
	}
}

// draft is a Guardrail, and which rules it is of.
type draft struct {
	key       string
	guardrail v1alpha1.Guardrail
	of        []int
	items     map[string]string // what stands there, by kind and name
	entries   []entry
}

type entry struct {
	rule int
	name string
}

// put finds a Guardrail for a part, or makes one.
func put(drafts []*draft, rule int, p *policy.Part) []*draft {
	if len(p.Validators)+len(p.Mutators)+len(p.Mutations)+len(p.Rules) == 0 {
		return drafts
	}
	raw, _ := json.Marshal(p.Match)
	for _, d := range drafts {
		if d.key == string(raw) && d.takes(p) {
			d.add(rule, p)
			return drafts
		}
	}
	d := &draft{key: string(raw), items: map[string]string{}}
	if d.key != "{}" {
		d.guardrail.Spec.Match = &p.Match
	}
	d.add(rule, p)
	return append(drafts, d)
}

// each calls a function with all that a part holds.
func each(p *policy.Part, do func(key, name string, value any)) {
	for i := range p.Mutators {
		do("mutator "+p.Mutators[i].Name, p.Mutators[i].Name, p.Mutators[i])
	}
	for i := range p.Mutations {
		do("mutation "+p.Mutations[i].Name, p.Mutations[i].Name, p.Mutations[i])
	}
	for i := range p.Validators {
		do("validator "+p.Validators[i].Name, p.Validators[i].Name, p.Validators[i])
	}
	for i := range p.Rules {
		do("rule "+p.Rules[i].Name, p.Rules[i].Name, p.Rules[i])
	}
}

// takes tells whether nothing of a part stands there in another form.
func (d *draft) takes(p *policy.Part) bool {
	free := true
	each(p, func(key, _ string, value any) {
		raw, _ := json.Marshal(value)
		if there, taken := d.items[key]; taken && there != string(raw) {
			free = false
		}
	})
	return free
}

func (d *draft) add(rule int, p *policy.Part) {
	spec := &d.guardrail.Spec
	each(p, func(key, name string, value any) {
		d.entries = append(d.entries, entry{rule, name})
		if _, there := d.items[key]; there {
			return
		}
		raw, _ := json.Marshal(value)
		d.items[key] = string(raw)
		switch v := value.(type) {
		case v1alpha1.Mutator:
			spec.Mutators = append(spec.Mutators, v)
		case v1alpha1.Mutation:
			spec.Mutations = append(spec.Mutations, v)
		case v1alpha1.Validator:
			spec.Validators = append(spec.Validators, v)
		case v1alpha1.Rule:
			spec.Rules = append(spec.Rules, v)
		}
	})
	if !slices.Contains(d.of, rule) {
		d.of = append(d.of, rule)
	}
}

// take makes a Guardrail of a draft. What the engine refuses is left, rule by rule.
func (a *assembly) take(d *draft, name string) {
	if err := compiles(d.guardrail); err != nil {
		d = a.leaveBroken(d, err)
	}
	if d == nil {
		return
	}
	for n, base := 2, name; a.names[name]; n++ {
		name = fmt.Sprintf("%s-%d", base, n)
	}
	a.names[name] = true
	g := typed(name)
	g.Spec = d.guardrail.Spec
	a.objects.Guardrails = append(a.objects.Guardrails, g)
	for _, e := range d.entries {
		if became := name + "/" + e.name; !slices.Contains(a.became[e.rule], became) {
			a.became[e.rule] = append(a.became[e.rule], became)
		}
	}
}

// leaveBroken leaves those rules that do not compile by themselves, and is the draft of the others.
func (a *assembly) leaveBroken(d *draft, whole error) *draft {
	var rest []*draft
	for _, i := range d.of {
		var alone []*draft
		for j := range a.rules[i].Parts {
			alone = put(alone, i, &a.rules[i].Parts[j])
		}
		var wrong []error
		for _, one := range alone {
			wrong = append(wrong, compiles(one.guardrail))
		}
		if err := errors.Join(wrong...); err != nil {
			a.rules[i].Leave("what it would become is refused: "+firstLine(err), "write it by hand")
			continue
		}
		for j := range a.rules[i].Parts {
			if raw, _ := json.Marshal(a.rules[i].Parts[j].Match); string(raw) == d.key {
				rest = put(rest, i, &a.rules[i].Parts[j])
			}
		}
	}
	if len(rest) == 1 && compiles(rest[0].guardrail) == nil {
		return rest[0]
	}
	for _, one := range rest { // together they are more than one Guardrail may hold
		for _, i := range one.of {
			a.rules[i].Leave("what it would become is refused: "+firstLine(whole), "write it by hand")
		}
	}
	return nil
}

func compiles(g v1alpha1.Guardrail) error {
	named := typed("draft")
	named.Spec = g.Spec
	_, err := guardrail.Compile(guardrail.Objects{Guardrails: []v1alpha1.Guardrail{named}}, guardrail.Options{})
	return err
}

func firstLine(err error) string {
	line, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimPrefix(line, `Guardrail "draft": `)
}

// guardrailName is that of the policy; of several Guardrails of one policy each has a number.
func guardrailName(of *policy.Object, n int) string {
	name := of.Name
	if of.Namespace != "" {
		name = of.Namespace + "-" + name
	}
	if name == "" {
		name = of.Kind
	}
	name = policy.Label(name)
	if n > 0 {
		name = policy.Label(fmt.Sprintf("%s-%d", name, n+1))
	}
	return name
}

// rows give account of each rule.
func (a *assembly) rows() []Row {
	rows := make([]Row, 0, len(a.rules))
	for i := range a.rules {
		r := &a.rules[i]
		row := Row{
			Source: r.Source, Kind: r.Policy.Kind, Namespace: r.Policy.Namespace, Policy: r.Policy.Name, Rule: r.Name,
			Outcome: r.Outcome(), Differences: r.Differences, Why: r.Left, Instead: r.Instead,
			File: r.Policy.File, Line: r.Policy.Line, Became: a.became[i],
		}
		if row.Outcome == policy.Left {
			row.Differences, row.Became = nil, nil
		}
		rows = append(rows, row)
	}
	return rows
}
