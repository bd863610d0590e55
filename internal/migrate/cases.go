package migrate

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// Tests of other tools name policies, objects and what is to become of these. They become GuardrailTests,
// one for each policy, whose Guardrails alone it has.

// expectedCase is what a test says of an object and a rule of a policy.
type expectedCase struct {
	name, policy, rule string
	object             *manifest.Object
	fails              bool
}

// readsTests tells whether an object is a test of Kyverno's or Gatekeeper's command line.
func readsTests(o *policy.Object) bool {
	return o.Kind == "Test" && o.Group() == "cli.kyverno.io" || o.Kind == "Suite" && o.Group() == "test.gatekeeper.sh"
}

// makeTests makes GuardrailTests of the tests among the inputs. What cannot be one has a row.
func (r *Result) makeTests(in *policy.Inputs) {
	for _, o := range in.Objects {
		if !readsTests(o) {
			continue
		}
		t := &oldTest{of: o, result: r, files: map[string]*manifest.Input{}}
		if o.Kind == "Test" {
			t.ofKyverno()
		} else {
			t.ofGator()
		}
		t.finish()
	}
}

type oldTest struct {
	of     *policy.Object
	result *Result
	files  map[string]*manifest.Input
	cases  []expectedCase
}

func (t *oldTest) left(rule, why, instead string) {
	source := "Kyverno"
	if t.of.Kind == "Suite" {
		source = "Gatekeeper"
	}
	t.result.Rows = append(t.result.Rows, Row{
		Source: source, Kind: t.of.Kind, Policy: t.of.Name, Rule: rule, Outcome: policy.Left, Why: why, Instead: instead,
		File: t.of.File, Line: t.of.Line,
	})
}

const ownCase = "write the case by hand: docs/testing-guardrails.md shows how"

// read reads a file that a test names, from where the test is.
func (t *oldTest) read(name string) *manifest.Input {
	file := filepath.Join(filepath.Dir(t.of.File), name)
	if t.files[file] == nil {
		t.files[file] = manifest.Read(strings.NewReader(""), file)
	}
	return t.files[file]
}

type kyvernoTest struct {
	Resources []string `json:"resources"`
	Results   []struct {
		Policy    string   `json:"policy"`
		Rule      string   `json:"rule"`
		Kind      string   `json:"kind"`
		Namespace string   `json:"namespace"`
		Resources []string `json:"resources"`
		Resource  string   `json:"resource"`
		Result    string   `json:"result"`
		Status    string   `json:"status"`
	} `json:"results"`
}

func (t *oldTest) ofKyverno() {
	var test kyvernoTest
	if _, err := policy.Decode(t.of.Content, &test); err != nil {
		t.left("", "its fields cannot be read: "+err.Error(), "mend it")
		return
	}
	for _, row := range test.Results {
		names := row.Resources
		if row.Resource != "" {
			names = append(names, row.Resource)
		}
		_, bare, found := strings.Cut(row.Policy, "/")
		if !found {
			bare = row.Policy
		}
		for _, name := range names {
			title := fmt.Sprintf("%s %s %s", bare, row.Rule, name)
			object := t.find(test.Resources, row.Kind, name)
			outcome := cmp.Or(row.Result, row.Status)
			switch {
			case object == nil:
				t.left(title, "its object is not in the files that the test names", ownCase)
			case outcome != "pass" && outcome != "fail" && outcome != "skip":
				t.left(title, "the result "+outcome+" says nothing of what is admitted", ownCase)
			default:
				t.cases = append(t.cases, expectedCase{name, bare, row.Rule, object, outcome == "fail"})
			}
		}
	}
}

func (t *oldTest) find(files []string, kind, name string) *manifest.Object {
	if i := strings.LastIndex(name, "/"); i >= 0 {
		name = name[i+1:]
	}
	for _, file := range files {
		for _, o := range t.read(file).Objects {
			if o.Name == name && (kind == "" || o.Kind == kind) {
				return o
			}
		}
	}
	return nil
}

type gatorSuite struct {
	Tests []struct {
		Name       string `json:"name"`
		Constraint string `json:"constraint"`
		Cases      []struct {
			Name       string   `json:"name"`
			Object     string   `json:"object"`
			Inventory  []string `json:"inventory"`
			Assertions []struct {
				Violations any `json:"violations"`
			} `json:"assertions"`
		} `json:"cases"`
	} `json:"tests"`
}

func (t *oldTest) ofGator() {
	var suite gatorSuite
	if _, err := policy.Decode(t.of.Content, &suite); err != nil {
		t.left("", "its fields cannot be read: "+err.Error(), "mend it")
		return
	}
	for _, test := range suite.Tests {
		constraints := t.read(test.Constraint).Objects
		for _, c := range test.Cases {
			title := test.Name + " " + c.Name
			objects := t.read(c.Object).Objects
			switch {
			case len(constraints) != 1:
				t.left(title, "its constraint cannot be read", ownCase)
			case len(objects) != 1:
				t.left(title, "its object cannot be read", ownCase)
			case len(c.Inventory) > 0:
				t.left(title, "it looks other objects up (inventory)", ownCase)
			default:
				fails := len(c.Assertions) > 0
				for _, a := range c.Assertions {
					fails = fails && a.Violations != "no" && a.Violations != false && fmt.Sprint(a.Violations) != "0"
				}
				t.cases = append(t.cases, expectedCase{c.Name, constraints[0].Name, "", objects[0], fails})
			}
		}
	}
}

// finish makes a test for each policy.
func (t *oldTest) finish() {
	var policies []string
	for i := range t.cases {
		if !slices.Contains(policies, t.cases[i].policy) {
			policies = append(policies, t.cases[i].policy)
		}
	}
	for _, name := range policies {
		rules := map[string][]string{} // what each rule became
		for i := range t.result.Rows {
			if row := &t.result.Rows[i]; row.Policy == name && row.Outcome != policy.Left {
				rules[row.Rule] = append(rules[row.Rule], row.Became...)
			}
		}
		test := v1alpha1.GuardrailTest{}
		test.APIVersion, test.Kind = v1alpha1.GroupVersion.String(), "GuardrailTest"
		test.Metadata.Name = policy.Label(name)
		test.Spec.Guardrails = t.guardrails(rules)
		objects := map[*manifest.Object][]expectedCase{}
		var order []*manifest.Object
		for _, c := range t.cases {
			if c.policy != name {
				continue
			}
			if objects[c.object] == nil {
				order = append(order, c.object)
			}
			objects[c.object] = append(objects[c.object], c)
		}
		for _, object := range order {
			t.addCase(&test, objects[object], rules)
		}
		if len(test.Spec.Cases) > 0 {
			t.result.Tests = append(t.result.Tests, test)
		}
	}
}

// guardrails are the files of the Guardrails that rules have become, from where the test is.
func (t *oldTest) guardrails(rules map[string][]string) (files []string) {
	for _, became := range rules {
		for _, name := range became {
			of, _, _ := strings.Cut(name, "/")
			if file := "../guardrail-" + of + ".yaml"; !slices.Contains(files, file) {
				files = append(files, file)
			}
		}
	}
	slices.Sort(files)
	return files
}

// addCase is what a policy does to an object. Which of several checks finds something the old test does
// not say: of a refusal any will do.
func (t *oldTest) addCase(test *v1alpha1.GuardrailTest, cases []expectedCase, rules map[string][]string) {
	first := cases[0]
	title := first.policy + " " + first.name
	var failing []string
	for _, c := range cases {
		became := rules[c.rule]
		if c.rule == "" {
			became = all(rules)
		}
		if len(became) == 0 {
			t.left(title, "what it tests is not among what the policies have become", "give the policies as input, too")
			return
		}
		if c.fails {
			failing = append(failing, became...)
		}
	}
	expect := v1alpha1.Expectation{}
	allowed := len(failing) == 0
	for _, became := range failing {
		if action := t.action(became); action != v1alpha1.Deny {
			if len(failing) > 1 {
				t.left(title, "which of several checks only warn or record is not told", ownCase)
				return
			}
			_, name, _ := strings.Cut(became, "/")
			found := []v1alpha1.ExpectedFinding{{Validator: name}}
			if action == v1alpha1.Warn {
				expect.Warned = found
			} else {
				expect.Audited = found
			}
			allowed = true
		}
	}
	expect.Allowed = &allowed
	if len(failing) == 0 && len(cases) >= len(rules) {
		expect.Warned, expect.Audited = []v1alpha1.ExpectedFinding{}, []v1alpha1.ExpectedFinding{}
	}
	name := first.name
	for n := 2; slices.ContainsFunc(test.Spec.Cases, func(c v1alpha1.TestCase) bool { return c.Name == name }); n++ {
		name = fmt.Sprintf("%s %d", first.name, n)
	}
	test.Spec.Cases = append(test.Spec.Cases, v1alpha1.TestCase{Name: name, Object: &runtime.RawExtension{Raw: first.object.Raw}, Expect: expect})
}

func all(rules map[string][]string) (became []string) {
	for _, some := range rules {
		became = append(became, some...)
	}
	return became
}

// action is what follows from a check or a rule.
func (t *oldTest) action(became string) v1alpha1.Action {
	of, name, _ := strings.Cut(became, "/")
	for i := range t.result.Objects.Guardrails {
		g := &t.result.Objects.Guardrails[i]
		if g.Name != of {
			continue
		}
		for _, v := range g.Spec.Validators {
			if v.Name == name {
				return cmp.Or(v.Action, v1alpha1.Deny)
			}
		}
		for _, r := range g.Spec.Rules {
			if r.Name == name {
				return cmp.Or(r.Action, v1alpha1.Deny)
			}
		}
	}
	return v1alpha1.Deny
}
