package kyverno

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// kind is a kind of match as it is written, and the resources that it stands for.
type kind struct {
	group, version, kind, subresource string
}

var version = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^v\d((alpha|beta)\d)?$`) })

// options are the kinds of what is sent to connect to a Pod, by its subresources.
var options = map[string]string{"PodExecOptions": "exec", "PodAttachOptions": "attach", "PodPortForwardOptions": "portforward", "PodProxyOptions": "proxy"}

// parseKind reads Kind, v1/Kind, apps/v1/Kind, each with a subresource behind / or a dot.
func parseKind(text string) kind {
	if subresource, is := options[text]; is {
		return kind{version: "*", kind: "Pod", subresource: subresource}
	}
	parts := strings.Split(text, "/")
	k := kind{group: "", version: "*"}
	switch n := len(parts); {
	case n >= 4:
		k.group, k.version, k.kind, k.subresource = parts[0], parts[1], parts[2], parts[3]
	case n == 3 && (version().MatchString(parts[0]) || parts[0] == "*" && !version().MatchString(parts[1]) && parts[1] != "*"):
		k.version, k.kind, k.subresource = parts[0], parts[1], parts[2]
	case n == 3:
		k.group, k.version, k.kind = parts[0], parts[1], parts[2]
	case n == 2 && (version().MatchString(parts[0]) || parts[0] == "*" && parts[1] != "*"):
		k.version, k.kind = parts[0], parts[1]
	case n == 2:
		k.kind, k.subresource = parts[0], parts[1]
	default:
		k.kind = parts[0]
	}
	if before, after, found := strings.Cut(k.kind, "."); found {
		k.kind, k.subresource = before, after
	}
	return k
}

// matcher makes the match of a Guardrail of that of a rule.
type matcher struct {
	in        *policy.Inputs
	differs   func(string)
	match     v1alpha1.Match
	resources []admissionregistrationv1.RuleWithOperations
	kinds     []string
	// templates says that the rule holds for the templates that Pods come from.
	templates bool
	deletes   bool
}

// take reads match and exclude.
func (m *matcher) take(match, exclude *selection) error {
	filters, all := match.filters()
	for i := range filters {
		if err := m.addResources(&filters[i].Resources, all && i > 0); err != nil {
			return err
		}
	}
	if len(m.resources) == 0 {
		return fmt.Errorf("its match names no kinds")
	}
	if len(filters) == 1 {
		if err := m.narrow(&filters[0]); err != nil {
			return err
		}
	} else if err := m.narrowBy(filters, all); err != nil {
		return err
	}
	if exclude == nil {
		return nil
	}
	return m.leaveOut(exclude)
}

// narrow puts what a single filter asks into selectors where there are some.
func (m *matcher) narrow(f *filter) error {
	r := f.Resources
	if len(r.Namespaces) > 0 {
		policy.InNamespaces(&m.match, r.Namespaces)
		if !slices.Contains(r.Namespaces, "*") {
			m.ofNamespaces()
		}
	}
	if !globsIn(r.Selector) {
		m.match.ObjectSelector = policy.Selects(r.Selector)
		r.Selector = nil
	}
	if r.NamespaceSelector != nil && !globsIn(r.NamespaceSelector) {
		m.match.NamespaceSelector = policy.Both(m.match.NamespaceSelector, policy.Selects(r.NamespaceSelector))
		r.NamespaceSelector = nil
		m.ofNamespaces()
	}
	r.Kinds, r.Namespaces, r.Operations = nil, nil, nil
	test, err := m.test(&filter{Resources: r, Subjects: f.Subjects, Roles: f.Roles, ClusterRoles: f.ClusterRoles})
	if err == nil && test != "true" {
		policy.Condition(&m.match, "match", test)
	}
	return err
}

// ofNamespaces leaves out what lives in no namespace, where that may be among the kinds.
func (m *matcher) ofNamespaces() {
	for _, k := range m.kinds {
		if k == "Namespace" {
			continue
		}
		for _, gvk := range builtin.Stable(k) {
			if !builtin.ClusterScoped(gvk) {
				return
			}
		}
	}
	if len(m.kinds) != 1 || m.kinds[0] != "Namespace" {
		policy.Condition(&m.match, "in-namespaces", policy.RequestNamespace+` != "" || request.kind.kind == "Namespace"`)
	}
}

func (m *matcher) narrowBy(filters []filter, all bool) error {
	var tests []string
	kindsAlone := !all
	for i := range filters {
		test, err := m.test(&filters[i])
		if err != nil {
			return err
		}
		tests = append(tests, test)
		bare := filters[i]
		bare.Resources.Kinds, bare.Resources.Operations = nil, nil
		rest, err := m.test(&bare)
		kindsAlone = kindsAlone && err == nil && rest == "true" && len(filters[i].Resources.Operations) == 0
	}
	switch {
	case kindsAlone: // resources say as much
	case all:
		policy.Condition(&m.match, "match", policy.All(tests...))
	default:
		policy.Condition(&m.match, "match", policy.Any(tests...))
	}
	return nil
}

// leaveOut is exclude. What is left out by namespaces alone becomes a selector.
func (m *matcher) leaveOut(s *selection) error {
	filters, all := s.filters()
	var tests []string
	for i := range filters {
		f := filters[i]
		rest := f
		rest.Resources.Namespaces = nil
		if test, err := m.test(&rest); err == nil && test == "true" && len(f.Resources.Namespaces) > 0 && (!all || len(filters) == 1) {
			policy.NotInNamespaces(&m.match, f.Resources.Namespaces)
			continue
		}
		test, err := m.test(&f)
		if err != nil {
			return fmt.Errorf("exclude: %w", err)
		}
		if test == "true" { // an empty filter fits nothing
			test = "false"
		}
		tests = append(tests, test)
	}
	if len(tests) == 0 {
		return nil
	}
	out := policy.Any(tests...)
	if all {
		out = policy.All(tests...)
	}
	policy.Condition(&m.match, "not-excluded", policy.Not(out))
	return nil
}

// object is what a filter looks at: on a deletion it is the old object.
func (m *matcher) object() string {
	if m.deletes {
		return "(object == null ? oldObject : object)"
	}
	return "object"
}

// test is whether a request fits a filter.
func (m *matcher) test(f *filter) (string, error) {
	if len(f.Roles) > 0 || len(f.ClusterRoles) > 0 {
		return "", fmt.Errorf("it goes by the roles of whoever asks, which are looked up")
	}
	r := &f.Resources
	tests := []string{m.kindTest(r.Kinds), operations(r.Operations)}
	names := slices.Clone(r.Names)
	if r.Name != "" {
		names = append(names, r.Name)
	}
	if len(names) > 0 {
		tests = append(tests, policy.AnyGlob(m.object()+`.metadata.?name.orValue(`+m.object()+`.metadata.?generateName.orValue(""))`, names))
	}
	if len(r.Namespaces) > 0 {
		tests = append(tests, policy.AnyGlob(`(request.kind.kind == "Namespace" ? `+policy.RequestName+` : `+policy.RequestNamespace+`)`, r.Namespaces))
	}
	for _, key := range slices.Sorted(maps.Keys(r.Annotations)) {
		tests = append(tests, entry(m.object()+".metadata.?annotations", key, r.Annotations[key]))
	}
	selector, err := labelTest(m.object()+".metadata.?labels", r.Selector)
	if err != nil {
		return "", err
	}
	namespaceSelector, err := labelTest("namespaceObject.metadata.?labels", r.NamespaceSelector)
	if err != nil {
		return "", err
	}
	if namespaceSelector != "true" {
		namespaceSelector = policy.All("namespaceObject != null", `request.kind.kind != "Namespace"`, namespaceSelector)
	}
	who, err := subjects(f.Subjects)
	return policy.All(append(tests, selector, namespaceSelector, who)...), err
}

func operations(list []string) string {
	if len(list) == 0 {
		return "true"
	}
	return policy.AnyGlob("request.operation", list)
}

// kindTest is whether a request is for one of some kinds. Where templates are evaluated for Pods, what
// holds one is of the kind Pod as well.
func (m *matcher) kindTest(kinds []string) string {
	var names, tests []string
	for _, text := range kinds {
		k := parseKind(text)
		switch {
		case k.kind == "*" && (k.group == "" || k.group == "*"):
			return "true"
		case k.subresource != "" && k.subresource != "*":
			resource := "*"
			if !policy.IsGlob(k.kind) {
				resource, _ = m.in.Plural("*", k.kind)
			}
			tests = append(tests, policy.All(policy.Glob("request.resource.resource", resource), policy.Glob(policy.RequestSubresource, k.subresource)))
			continue
		case k.group != "" && k.group != "*":
			tests = append(tests, policy.All(policy.Glob("request.kind.group", k.group), policy.Glob("request.kind.kind", k.kind)))
			continue
		}
		names = append(names, k.kind)
		if k.kind == "Pod" && m.templates {
			names = append(names, policy.PodKinds...)
		}
	}
	if len(names) > 0 {
		tests = append(tests, policy.AnyGlob("request.kind.kind", names))
	}
	if len(kinds) == 0 {
		return "true"
	}
	return policy.Any(tests...)
}

// addResources adds the resources of a filter. Those that must fit in addition add none.
func (m *matcher) addResources(d *description, besides bool) error {
	if besides {
		return nil
	}
	for _, text := range d.Kinds {
		k := parseKind(text)
		m.kinds = append(m.kinds, k.kind)
		m.resources = append(m.resources, m.resourcesOf(k, d.Operations)...)
	}
	return nil
}

func (m *matcher) resourcesOf(k kind, given []string) (all []admissionregistrationv1.RuleWithOperations) {
	names, groups := []string{"*"}, []string{"*"}
	if k.group != "" {
		groups = []string{k.group}
	}
	if policy.IsGlob(k.group) {
		groups = []string{"*"}
		policy.Condition(&m.match, "group", policy.Glob("request.kind.group", k.group))
	}
	if policy.IsGlob(k.kind) {
		if k.kind != "*" {
			policy.Condition(&m.match, "kind", policy.Glob("request.kind.kind", k.kind))
		}
	} else {
		plural, guessed := m.in.Plural(groups[0], k.kind)
		if guessed {
			m.differs("The resource of kind " + k.kind + " is taken to be " + plural + ": its CustomResourceDefinition is not among the inputs.")
		}
		names = []string{plural}
		if of := policy.GroupsOf(k.kind); k.group == "" && len(of) > 0 {
			groups = of
		}
	}
	if k.subresource != "" {
		names = []string{names[0] + "/" + k.subresource}
	} else if k.kind == "Pod" && len(given) == 0 {
		names = append(names, "pods/ephemeralcontainers")
	}
	versions := []string{"*"}
	if k.version != "" && !policy.IsGlob(k.version) {
		versions = []string{k.version}
	}
	return []admissionregistrationv1.RuleWithOperations{{
		Operations: m.operationsOf(k, given),
		Rule:       admissionregistrationv1.Rule{APIGroups: groups, APIVersions: versions, Resources: names},
	}}
}

func (m *matcher) operationsOf(k kind, given []string) (out []admissionregistrationv1.OperationType) {
	for _, o := range given {
		out = append(out, admissionregistrationv1.OperationType(strings.ToUpper(o)))
	}
	m.deletes = m.deletes || slices.Contains(out, admissionregistrationv1.Delete)
	if len(out) > 0 {
		return out
	}
	if slices.Contains([]string{"exec", "attach", "portforward", "proxy"}, k.subresource) {
		return []admissionregistrationv1.OperationType{admissionregistrationv1.Connect}
	}
	return []admissionregistrationv1.OperationType{admissionregistrationv1.Create, admissionregistrationv1.Update}
}
