package kyverno

import (
	"fmt"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
	"taffrail.dev/taffrail/internal/migrate/vap"
)

func (t *translation) validate() {
	v := t.rule.Validate
	if v.CEL == nil {
		before := t.matcher.match.DeepCopy()
		if t.sample() {
			return
		}
		t.matcher.match = *before
	}
	switch {
	case v.PodSecurity != nil:
		t.podSecurity(v.PodSecurity)
	case v.CEL != nil:
		t.cel(v.CEL)
	case len(v.Manifests) > 0:
		t.Leave("it verifies the signatures of manifests", "sign where manifests are applied from")
	case v.Assert != nil:
		t.Leave("it is an assertion tree", byHand)
	default:
		expression, err := t.expression(v)
		if err != nil {
			t.Leave(err.Error(), byHand)
			return
		}
		t.celRule(expression)
	}
}

// scope is what the variables of the rule stand for.
func (t *translation) scope() (*scope, error) {
	object := result{value: value{expression: t.matcher.object()}}
	old := result{value: value{expression: "(oldObject == null ? dyn({}) : dyn(oldObject))"}}
	plain := func(expression string) result { return result{value: value{expression: expression}} }
	s := &scope{c: &t.c, strict: true, names: map[string]result{
		"request.object": object, "request.oldObject": old,
		"request.operation":         plain("request.operation"),
		"request.namespace":         plain(policy.RequestNamespace),
		"request.name":              plain(policy.RequestName),
		"request.kind.kind":         plain("request.kind.kind"),
		"request.kind.group":        plain("request.kind.group"),
		"request.subResource":       plain(policy.RequestSubresource),
		"request.userInfo.username": plain(`request.userInfo.?username.orValue("")`),
		"request.userInfo.groups":   plain("request.userInfo.?groups.orValue([])"),
	}}
	return s, s.addContext(t.rule.Context)
}

// entryOfContext is a variable of a context. What it looks up elsewhere is not read.
type entryOfContext struct {
	Name     string `json:"name"`
	Variable *struct {
		Value    any    `json:"value"`
		JMESPath string `json:"jmesPath"`
		Default  any    `json:"default"`
	} `json:"variable"`
}

// addContext adds the variables of a context that are constant or come from the request.
func (s *scope) addContext(context []map[string]any) error {
	for _, content := range context {
		var e entryOfContext
		unknown, err := policy.Decode(content, &e)
		if err != nil {
			return fmt.Errorf("its context cannot be read: %w", err)
		}
		if e.Variable == nil || len(unknown) > 0 {
			return fmt.Errorf("its context %s looks something up (%s), which the webhook never does", e.Name, strings.Join(unknown, ", "))
		}
		v := e.Variable
		if v.Value == nil && v.JMESPath == "" {
			v.Value = v.Default
			v.Default = nil
		}
		var found result
		switch {
		case v.Value != nil && v.JMESPath == "":
			found, err = s.operand(v.Value)
		case v.Value == nil && v.JMESPath != "" && v.Default == nil:
			found, err = s.path(v.JMESPath, false)
		default:
			err = fmt.Errorf("its context %s has a path and a value or a default", e.Name)
		}
		if err != nil {
			return err
		}
		s.names[e.Name] = found
	}
	return nil
}

// path is an expression of JMESPath, in braces or without.
func (s *scope) path(text string, lenient bool) (result, error) {
	n, err := parse(strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(text), "{{"), "}}"))
	if err != nil {
		return result{}, err
	}
	return s.evaluate(n, lenient)
}

// expression is true of what the rule admits.
func (t *translation) expression(v *validate) (string, error) {
	s, err := t.scope()
	if err != nil {
		return "", err
	}
	applies, err := s.conditions(t.rule.Preconditions)
	if err != nil {
		return "", fmt.Errorf("preconditions: %w", err)
	}
	for _, c := range t.rule.CELPreconditions {
		applies = policy.All(applies, c.Expression)
	}
	var admits string
	if len(v.Foreach) > 0 {
		admits, err = t.foreach(s, v.Foreach)
	} else {
		admits, err = t.body(s, &foreach{Pattern: v.Pattern, AnyPattern: v.AnyPattern, Deny: v.Deny}, value{t.matcher.object(), false})
	}
	if v.Deny != nil && !t.mentions("request.operation") && !t.matcher.deletes {
		t.Differ("Deletions are not evaluated; there the conditions of deny hold of them, too.")
	}
	return policy.Any(policy.Not(applies), admits), err
}

// mentions tells whether the conditions of the rule go by a variable.
func (t *translation) mentions(what string) bool {
	text := policy.Literal(policy.Plain(map[string]any{"deny": t.rule.Validate.Deny, "preconditions": t.rule.Preconditions}))
	return strings.Contains(text, what)
}

// body is what admits a value: a pattern, one of several, or the opposite of conditions.
func (t *translation) body(s *scope, f *foreach, of value) (string, error) {
	switch {
	case f.Pattern != nil:
		verdict, err := t.c.pattern(f.Pattern, of)
		return verdict.admits, err
	case len(f.AnyPattern) > 0:
		passes, skips := []string{}, []string{}
		for _, p := range f.AnyPattern {
			verdict, err := t.c.pattern(p, of)
			if err != nil {
				return "", err
			}
			passes, skips = append(passes, verdict.pass), append(skips, verdict.skip)
		}
		// One passes; else it fails if one has failed.
		return policy.Any(policy.Any(passes...), policy.All(skips...)), nil
	case f.Deny != nil:
		for field := range f.Deny {
			if field != "conditions" {
				return "", fmt.Errorf("the field %s of deny is not known", field)
			}
		}
		conditions, given := f.Deny["conditions"]
		if !given || conditions == nil {
			return "false", nil
		}
		denies, err := s.conditions(conditions)
		return policy.Not(denies), err
	}
	return "", fmt.Errorf("it validates in a way that is not known here")
}

func (t *translation) foreach(s *scope, list []foreach) (string, error) {
	var tests []string
	for i := range list {
		f := &list[i]
		of, err := s.path(f.List, true)
		if err != nil {
			return "", err
		}
		var wrong error
		test := s.list(of).all(func(item value) string {
			test, err := t.element(s, f, item)
			if err != nil {
				wrong = err
			}
			return test
		})
		if wrong != nil {
			return "", wrong
		}
		tests = append(tests, test)
	}
	return policy.All(tests...), nil
}

// element is what admits an item of a list.
func (t *translation) element(s *scope, f *foreach, item value) (string, error) {
	inner := *s
	inner.names = map[string]result{"element": {value: item}}
	for name, what := range s.names {
		if name != "element" {
			inner.names[name] = what
		}
	}
	if err := inner.addContext(f.Context); err != nil {
		return "", err
	}
	applies, err := inner.conditions(f.Preconditions)
	if err != nil {
		return "", fmt.Errorf("preconditions: %w", err)
	}
	of := item
	if f.ElementScope != nil && !*f.ElementScope {
		of = value{t.matcher.object(), false}
	}
	var admits string
	if len(f.Foreach) > 0 {
		admits, err = t.foreach(&inner, f.Foreach)
	} else {
		admits, err = t.body(&inner, f, of)
	}
	return policy.Any(policy.Not(applies), admits), err
}

// cel keeps expressions as they are.
func (t *translation) cel(c *celRule) {
	if len(c.ParamKind) > 0 || len(c.ParamRef) > 0 {
		t.Leave("its expressions have parameters", "write their values into the expressions of a rule in CEL")
		return
	}
	if len(c.AuditAnnotations) > 0 {
		t.Differ("The rule's auditAnnotations are not written; Taffrail's own are.")
	}
	for _, condition := range t.rule.CELPreconditions {
		policy.Condition(&t.matcher.match, condition.Name, condition.Expression)
	}
	t.rules(c.Variables, c.Expressions, t.message())
}

// rules are the expressions of a policy in CEL.
func (t *translation) rules(variables []admissionregistrationv1.Variable, validations []admissionregistrationv1.Validation, message string) {
	rules := &vap.Rules{Name: t.Name, Resources: t.resources(), PodTemplates: t.templates(), Variables: variables, Validations: validations}
	part := policy.Part{}
	rules.Each(func(_ int, rule v1alpha1.Rule, wrong error) {
		if wrong != nil {
			t.Leave(wrong.Error(), byHand)
			return
		}
		if rule.Message == "" && rule.MessageExpression == "" {
			rule.Message = message
		}
		part.Rules = append(part.Rules, rule)
	})
	if t.Left == "" {
		t.parts(part)
	}
}
