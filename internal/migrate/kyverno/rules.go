package kyverno

import (
	"fmt"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
	"taffrail.dev/taffrail/internal/migrate/vap"
)

const (
	classic = "kyverno.io"
	inCEL   = "policies.kyverno.io"
)

// Reads tells whether an object is one of Kyverno's.
func Reads(o *policy.Object) bool { return o.Group() == classic || o.Group() == inCEL }

const (
	byHand      = "write a rule in CEL: docs/rules.md has ten examples"
	ownMutation = "write it in CEL, in spec.mutations of a Guardrail"
)

// Of makes rules of a policy or an exception.
func Of(o *policy.Object, in *policy.Inputs) []policy.Rule {
	switch strings.TrimPrefix(o.Kind, "Namespaced") {
	case "ClusterPolicy", "Policy":
		return ofPolicy(o, in)
	case "PolicyException":
		return ofException(o, in)
	case "ValidatingPolicy":
		return ofValidatingPolicy(o, in)
	case "MutatingPolicy":
		return ofMutatingPolicy(o)
	case "ImageValidatingPolicy":
		return left("it asks registries for signatures, which the webhook never does", "keep it, or check signatures where images are built")
	case "GeneratingPolicy":
		return left("it generates objects", "use a NamespaceKit or GitOps")
	case "DeletingPolicy", "CleanupPolicy", "ClusterCleanupPolicy":
		return left("it deletes objects by a schedule", "use a CronJob, or ttlSecondsAfterFinished of Jobs")
	case "GlobalContextEntry":
		return left("it looks other objects up, which the webhook never does", "drop it with the policies that use it")
	}
	return left("the kind is not known here", byHand)
}

func left(why, instead string) []policy.Rule {
	r := policy.Rule{}
	r.Leave(why, instead)
	return []policy.Rule{r}
}

func ofPolicy(o *policy.Object, in *policy.Inputs) []policy.Rule {
	var s spec
	unknown, err := policy.Decode(o.Content["spec"], &s)
	switch {
	case err != nil:
		return left("its fields cannot be read: "+err.Error(), "mend it")
	case len(s.Rules) == 0:
		return left("it has no rules", "drop it")
	}
	var out []policy.Rule
	for i, content := range s.Rules {
		t := &translation{of: o, in: in, spec: &s}
		t.Name, _ = content["name"].(string)
		if t.Name == "" {
			t.Name = fmt.Sprintf("rules[%d]", i)
		}
		more, err := policy.Decode(content, &t.rule)
		switch fields := append(slices.Clone(unknown), more...); {
		case err != nil:
			t.Leave("its fields cannot be read: "+err.Error(), "mend it")
		case len(fields) > 0:
			t.Leave("it has fields that are not known here: "+strings.Join(fields, ", "), byHand)
		default:
			t.become()
		}
		out = append(out, t.Rule)
	}
	return out
}

// translation is what one rule becomes.
type translation struct {
	policy.Rule
	of      *policy.Object
	in      *policy.Inputs
	spec    *spec
	rule    rule
	matcher matcher
	pods    bool // it is about Pods alone
	c       compiler
}

func (t *translation) become() {
	r := &t.rule
	t.c.differs = t.Differ
	kinds, plain := t.podsAlone()
	t.pods = kinds
	t.matcher = matcher{in: t.in, differs: t.Differ, templates: kinds && plain && t.autogen()}
	if t.of.Namespace != "" {
		policy.InNamespaces(&t.matcher.match, []string{t.of.Namespace})
	}
	if err := t.matcher.take(&r.Match, r.Exclude); err != nil {
		t.Leave(err.Error(), byHand)
		return
	}
	for _, c := range t.spec.WebhookConfiguration.MatchConditions {
		policy.Condition(&t.matcher.match, c.Name, c.Expression)
	}
	t.notes()
	switch {
	case len(r.Generate) > 0:
		t.Leave("it generates objects", "use a NamespaceKit or GitOps")
	case len(r.VerifyImages) > 0:
		t.Leave("it asks registries for signatures, which the webhook never does", "keep it, or check signatures where images are built")
	case len(r.Mutate) > 0:
		t.mutate()
	case r.Validate != nil:
		t.validate()
	default:
		t.Leave("it does nothing that is known here", "drop it")
	}
}

// podsAlone tells whether the rule is about Pods alone, and whether nothing in it keeps Kyverno from
// copying it for the templates of controllers.
func (t *translation) podsAlone() (alone, plain bool) {
	alone, plain = true, true
	for _, s := range []*selection{&t.rule.Match, t.rule.Exclude} {
		if s == nil {
			continue
		}
		list, _ := s.filters()
		for i := range list {
			d := &list[i].Resources
			for _, text := range d.Kinds {
				alone = alone && parseKind(text).kind == "Pod" && parseKind(text).subresource == ""
			}
			if d.Name != "" || len(d.Names) > 0 || d.Selector != nil || len(d.Annotations) > 0 {
				plain = false
			}
		}
	}
	return alone, plain
}

const autogenControllers = "pod-policies.kyverno.io/autogen-controllers"

// autogen tells whether Kyverno copies rules on Pods for templates. A list of some controllers is told.
func (t *translation) autogen() bool {
	list, given := t.of.Annotations()[autogenControllers]
	switch {
	case list == "none":
		return false
	case given:
		t.Differ("The templates of all controllers are evaluated, not only those of " + list + ".")
	}
	return true
}

// notes are differences that the policy as a whole has.
func (t *translation) notes() {
	if t.spec.ApplyRules == "One" {
		t.Differ("All rules are evaluated; with applyRules One those behind the first that matches were not.")
	}
	if t.spec.FailurePolicy == "Ignore" || t.spec.WebhookConfiguration.FailurePolicy == "Ignore" {
		t.Differ("What cannot be evaluated is a finding here; with failurePolicy Ignore it let pass.")
	}
	if v := t.rule.Validate; v != nil && v.AllowExistingViolations != nil && !*v.AllowExistingViolations {
		t.Differ("An update may keep what was there before; with allowExistingViolations false it could not.")
	}
}

// parts gives a part its action: where it is another one for some namespaces these have a Guardrail of
// their own.
func (t *translation) parts(p policy.Part) {
	p.Match = t.matcher.match
	action, overrides := t.actions()
	rest := *p.Match.DeepCopy()
	for _, o := range overrides {
		one := policy.Part{Match: *p.Match.DeepCopy(), Validators: slices.Clone(p.Validators), Rules: slices.Clone(p.Rules)}
		if o.NamespaceSelector != nil {
			test, err := labelTest("namespaceObject.metadata.?labels", o.NamespaceSelector)
			if err != nil {
				t.Leave(err.Error(), byHand)
				return
			}
			test = policy.All("namespaceObject != null", test)
			if len(o.Namespaces) > 0 {
				test = policy.All(test, policy.AnyGlob(policy.RequestNamespace, o.Namespaces))
			}
			policy.Condition(&one.Match, "override", test)
			policy.Condition(&rest, "not-overridden", policy.Not(test))
		} else {
			policy.InNamespaces(&one.Match, o.Namespaces)
			policy.Condition(&one.Match, "in-namespaces", policy.RequestNamespace+` != ""`)
			policy.NotInNamespaces(&rest, o.Namespaces)
		}
		one.WithAction(t.action(o.Action))
		t.Parts = append(t.Parts, one)
	}
	p.Match = rest
	p.WithAction(action)
	t.Parts = append(t.Parts, p)
}

// actions are what follows from a finding, and where it is something else.
func (t *translation) actions() (v1alpha1.Action, []override) {
	v := t.rule.Validate
	overrides := v.FailureActionOverrides
	text := v.FailureAction
	if text == "" {
		text = t.spec.ValidationFailureAction
	}
	if len(overrides) == 0 && v.FailureAction == "" {
		overrides = t.spec.ValidationFailureActionOverrides
	}
	if t.spec.Admission != nil && !*t.spec.Admission {
		t.Differ("It is not evaluated at admission there (admission: false); here it is recorded (Audit).")
		return v1alpha1.Audit, nil
	}
	var some []override
	for _, o := range overrides {
		if len(o.Namespaces) == 0 && o.NamespaceSelector == nil {
			return t.action(o.Action), some
		}
		some = append(some, o)
	}
	return t.action(text), some
}

func (t *translation) action(text string) v1alpha1.Action {
	switch {
	case strings.EqualFold(text, "Enforce"):
		return v1alpha1.Deny
	case t.spec.EmitWarning:
		return v1alpha1.Warn
	}
	return v1alpha1.Audit
}

// celRule is a rule in CEL about what the rule matches.
func (t *translation) celRule(expression string) {
	t.parts(policy.Part{Rules: []v1alpha1.Rule{{
		Name: policy.RuleName(t.Name, vap.Taken), Expression: expression, Message: t.message(),
		Resources: t.resources(), PodTemplates: t.templates(),
	}}})
}

func (t *translation) resources() []admissionregistrationv1.RuleWithOperations {
	return t.matcher.resources
}

// templates tells whether the rule holds for templates: those of creations.
func (t *translation) templates() bool {
	return t.matcher.templates && slices.ContainsFunc(t.matcher.resources, func(r admissionregistrationv1.RuleWithOperations) bool {
		return slices.Contains(r.Operations, admissionregistrationv1.Create) || slices.Contains(r.Operations, admissionregistrationv1.OperationAll)
	})
}

// message is what the rule says, unless that has variables.
func (t *translation) message() string {
	text := strings.Join(strings.Fields(t.rule.Validate.Message), " ")
	if strings.Contains(text, "{{") {
		return ""
	}
	return text
}
