package registration

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/validators"
)

// identities are left out by who they are, and never more widely: without them the control plane or
// a node could not come up while Taffrail is down. Not among them are the workload controllers:
// they create the Pods of every Deployment.
var identities = []admissionregistrationv1.MatchCondition{
	{Name: "not-the-api-server", Expression: `request.userInfo.username != "system:apiserver"`},
	{Name: "not-the-scheduler", Expression: `request.userInfo.username != "system:kube-scheduler"`},
	{Name: "not-a-node", Expression: `!("system:nodes" in request.userInfo.groups)`},
}

// LeftOut tells whether the requests of a user come to no webhook, for who that is.
func LeftOut(user *authenticationv1.UserInfo) bool {
	return user.Username == "system:apiserver" || user.Username == "system:kube-scheduler" || slices.Contains(user.Groups, "system:nodes")
}

// Validating makes an API server call /validate for what the checks in force look at, and nothing
// else. It fails closed: what was not evaluated is not let in. What is only warned of fails open,
// and so does what is vital, without which no replica would come up.
func Validating(excludedNamespaces []string, watched []guardrail.Watched) *admissionregistrationv1.ValidatingWebhookConfiguration {
	closed, open, labelled := divide(watched)
	spared := spareVital(closed)
	validate := validating(names.ValidateWebhook, admissionregistrationv1.Fail, excludedNamespaces, closed)
	if len(spared) > 0 {
		condition(&validate, NotVital, "!("+vitalIf(excludedNamespaces, spared)+")")
	}
	warn := validating(names.WarnWebhook, admissionregistrationv1.Ignore, excludedNamespaces, open)
	leaveOurs(&warn, open)

	var protected []admissionregistrationv1.ValidatingWebhook
	for _, label := range slices.Sorted(maps.Keys(labelled)) {
		w := validating(names.LabelledWebhook, admissionregistrationv1.Fail, excludedNamespaces, labelled[label])
		if _, name, found := strings.Cut(label, "/"); found {
			w.Name = name + ".taffrail.dev"
		}
		w.ObjectSelector = &metav1.LabelSelector{MatchLabels: map[string]string{label: "true"}}
		if own := slices.DeleteFunc(slices.Clone(labelled[label]), holdsNoneVital); len(own) > 0 {
			condition(&w, NotVital, "!("+anyOf(tableOf(own))+")")
			spared = append(spared, own...)
		}
		protected = append(protected, w)
	}

	apart := validating(names.VitalWebhook, admissionregistrationv1.Ignore, excludedNamespaces, spared)
	leaveOurs(&apart, spared)
	condition(&apart, "vital", vitalIf(excludedNamespaces, spared))
	for _, w := range []*admissionregistrationv1.ValidatingWebhook{&validate, &apart} {
		onlyChanges(w, closed)
		onlyWhereFound(w, closed)
	}
	onlyChanges(&warn, open)
	onlyWhereFound(&warn, open)

	webhooks := append([]admissionregistrationv1.ValidatingWebhook{validate, warn, apart}, protected...)
	webhooks = slices.DeleteFunc(webhooks, func(w admissionregistrationv1.ValidatingWebhook) bool { return len(w.Rules) == 0 })
	return &admissionregistrationv1.ValidatingWebhookConfiguration{
		TypeMeta:   typeMeta("ValidatingWebhookConfiguration"),
		ObjectMeta: objectMeta(),
		Webhooks:   append(webhooks, ours(watched)),
	}
}

// divide tells what fails closed from what fails open, and from what has to be labelled, by label.
func divide(watched []guardrail.Watched) (closed, open []validators.Resource, labelled map[string][]validators.Resource) {
	denied := map[schema.GroupVersionResource]bool{}
	for _, w := range watched {
		denied[w.GroupVersionResource] = denied[w.GroupVersionResource] || w.Denies && w.Labelled == ""
	}
	labelled = map[string][]validators.Resource{}
	for _, w := range watched {
		switch {
		case w.ManifestsOnly, w.Group == v1alpha1.GroupVersion.Group: // which has an entry of its own
		case w.Labelled != "":
			labelled[w.Labelled] = append(labelled[w.Labelled], w.Resource)
		case denied[w.GroupVersionResource] && !IsVital(w.Group, w.Resource.Resource):
			closed = append(closed, w.Resource)
		default:
			open = append(open, w.Resource)
		}
	}
	return closed, open, labelled
}

func validating(
	name string, policy admissionregistrationv1.FailurePolicyType, excludedNamespaces []string, resources []validators.Resource,
) admissionregistrationv1.ValidatingWebhook {
	return admissionregistrationv1.ValidatingWebhook{
		Name:                    name,
		ClientConfig:            clientConfig(names.ValidatePath),
		Rules:                   rules(resources),
		FailurePolicy:           new(policy),
		MatchPolicy:             ptr.To(admissionregistrationv1.Equivalent),
		NamespaceSelector:       notIn(excludedNamespaces),
		ObjectSelector:          &metav1.LabelSelector{},
		SideEffects:             ptr.To(admissionregistrationv1.SideEffectClassNoneOnDryRun),
		TimeoutSeconds:          ptr.To[int32](names.TimeoutSeconds),
		AdmissionReviewVersions: []string{"v1"},
		MatchConditions:         identities,
	}
}

func typeMeta(kind string) metav1.TypeMeta {
	return metav1.TypeMeta{APIVersion: admissionregistrationv1.SchemeGroupVersion.String(), Kind: kind}
}

func objectMeta() metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: names.Name, Labels: map[string]string{
		"app.kubernetes.io/name": names.Name,
		// An installation applies all but these first, and these once the server is ready.
		"app.kubernetes.io/component": "webhooks",
		// AKS adds namespaceSelectors to every configuration without it. What is labelled as AKS'
		// own would not be evaluated then, and whoever may label a Namespace could say that it is.
		AdmissionsEnforcer: "true",
	}}
}

func clientConfig(path string) admissionregistrationv1.WebhookClientConfig {
	return admissionregistrationv1.WebhookClientConfig{Service: &admissionregistrationv1.ServiceReference{
		Namespace: names.Namespace, Name: names.Name, Path: new(path), Port: ptr.To[int32](443),
	}}
}

// notIn leaves namespaces out by the label that the API server gives to each and nobody can change.
func notIn(namespaces []string) *metav1.LabelSelector {
	if len(namespaces) == 0 {
		return &metav1.LabelSelector{}
	}
	return &metav1.LabelSelector{MatchExpressions: []metav1.LabelSelectorRequirement{{
		Key: corev1.LabelMetadataName, Operator: metav1.LabelSelectorOpNotIn, Values: slices.Sorted(slices.Values(namespaces)),
	}}}
}

// rules are the fewest that cover the resources: one for each group, version and set of operations.
func rules(resources []validators.Resource) []admissionregistrationv1.RuleWithOperations {
	operations := map[string]map[string][]admissionregistrationv1.OperationType{} // by group/version, then by resource
	for _, r := range resources {
		gv := r.GroupVersion().String()
		if operations[gv] == nil {
			operations[gv] = map[string][]admissionregistrationv1.OperationType{}
		}
		for _, name := range paths(r) {
			for _, o := range r.Operations {
				operations[gv][name] = insert(operations[gv][name], admissionregistrationv1.OperationType(o))
			}
		}
	}
	var all []admissionregistrationv1.RuleWithOperations
	for _, gv := range slices.Sorted(maps.Keys(operations)) {
		group, version, found := strings.Cut(gv, "/")
		if !found {
			group, version = "", gv
		}
		var of []admissionregistrationv1.RuleWithOperations
		for _, name := range slices.Sorted(maps.Keys(operations[gv])) {
			ops := operations[gv][name]
			same := func(r admissionregistrationv1.RuleWithOperations) bool { return slices.Equal(r.Operations, ops) }
			if i := slices.IndexFunc(of, same); i >= 0 {
				of[i].Resources = append(of[i].Resources, name)
				continue
			}
			of = append(of, admissionregistrationv1.RuleWithOperations{
				Operations: ops,
				Rule: admissionregistrationv1.Rule{
					APIGroups: []string{group}, APIVersions: []string{version}, Resources: []string{name},
					Scope: new(admissionregistrationv1.AllScopes),
				},
			})
		}
		all = append(all, of...)
	}
	for i := range all {
		all[i].Resources = withoutCovered(all[i].Resources)
	}
	return all
}

// withoutCovered leaves out what a wildcard names already: the API server takes
// no rule that says a thing twice.
func withoutCovered(paths []string) []string {
	if slices.Contains(paths, "*/*") {
		return []string{"*/*"}
	}
	if !slices.Contains(paths, "*") {
		return paths
	}
	return slices.DeleteFunc(paths, func(name string) bool { return name != "*" && !strings.Contains(name, "/") })
}

func paths(r validators.Resource) []string {
	all := []string{r.Resource}
	for _, sub := range r.Subresources {
		all = append(all, r.Resource+"/"+sub)
	}
	return all
}

func insert[T cmp.Ordered](sorted []T, value T) []T {
	i, found := slices.BinarySearch(sorted, value)
	if found {
		return sorted
	}
	return slices.Insert(sorted, i, value)
}
