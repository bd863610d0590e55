package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"

	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/registration"
)

// configuration is a webhook configuration of either kind, anybody's.
type configuration struct {
	metav1.ObjectMeta
	kind     string
	webhooks []entry
}

// entry is one webhook of a configuration. What a mutating one has besides is Reinvocation.
type entry struct {
	admissionregistrationv1.ValidatingWebhook
	Reinvocation *admissionregistrationv1.ReinvocationPolicyType
}

const mutatingKind, validatingKind = "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"

// configurations are all of the cluster, the mutating ones first.
func (i *Installation) configurations(ctx context.Context) ([]configuration, error) {
	mutating := &admissionregistrationv1.MutatingWebhookConfigurationList{}
	validating := &admissionregistrationv1.ValidatingWebhookConfigurationList{}
	err := errors.Join(i.Client.List(ctx, mutating), i.Client.List(ctx, validating))
	var all []configuration
	for _, c := range mutating.Items {
		one := configuration{ObjectMeta: c.ObjectMeta, kind: mutatingKind}
		for _, w := range c.Webhooks {
			one.webhooks = append(one.webhooks, entry{admissionregistrationv1.ValidatingWebhook{
				Name: w.Name, ClientConfig: w.ClientConfig, Rules: w.Rules, FailurePolicy: w.FailurePolicy,
				NamespaceSelector: w.NamespaceSelector, ObjectSelector: w.ObjectSelector,
				TimeoutSeconds: w.TimeoutSeconds, MatchConditions: w.MatchConditions,
			}, w.ReinvocationPolicy})
		}
		all = append(all, one)
	}
	for _, c := range validating.Items {
		one := configuration{ObjectMeta: c.ObjectMeta, kind: validatingKind}
		for _, w := range c.Webhooks {
			one.webhooks = append(one.webhooks, entry{ValidatingWebhook: w})
		}
		all = append(all, one)
	}
	return all, err
}

// ours are Taffrail's two.
func (i *Installation) ours(ctx context.Context) ([]configuration, error) {
	all, err := i.configurations(ctx)
	return slices.DeleteFunc(all, func(c configuration) bool { return c.Name != names.Name }), err
}

// others are everybody else's.
func (i *Installation) others(ctx context.Context) ([]configuration, error) {
	all, err := i.configurations(ctx)
	return slices.DeleteFunc(all, func(c configuration) bool { return c.Name == names.Name }), err
}

// unmanaged tells whether the leader leaves a configuration alone.
func (c configuration) unmanaged() bool {
	_, set := c.Annotations[registration.Unmanaged]
	return set
}

func (c configuration) String() string { return c.kind + " " + c.Name }

// at says where an entry is, in words that kubectl and an editor take.
func (c configuration) at(w entry) string { return fmt.Sprintf("%s, webhook %s", c, w.Name) }

// failsClosed: left out, it does.
func (w entry) failsClosed() bool {
	return w.FailurePolicy == nil || *w.FailurePolicy == admissionregistrationv1.Fail
}

// evaluatesPods tells whether somebody who makes a Pod in a Namespace waits for this webhook.
func (w entry) evaluatesPods(namespace map[string]string) bool {
	return w.selects(namespace) && slices.ContainsFunc(w.Rules, func(r admissionregistrationv1.RuleWithOperations) bool {
		return has(r.APIGroups, "") && has(r.APIVersions, "v1") &&
			(has(r.Resources, "pods") || slices.Contains(r.Resources, "*/*")) &&
			(slices.Contains(r.Operations, admissionregistrationv1.Create) || slices.Contains(r.Operations, admissionregistrationv1.OperationAll)) &&
			(r.Scope == nil || *r.Scope != admissionregistrationv1.ClusterScope)
	})
}

// selects tells whether the namespaceSelector selects a Namespace with these labels.
func (w entry) selects(namespace map[string]string) bool {
	return matches(w.NamespaceSelector, namespace)
}

// wild tells whether a rule names everything.
func (w entry) wild() bool {
	return slices.ContainsFunc(w.Rules, func(r admissionregistrationv1.RuleWithOperations) bool {
		return slices.Contains(r.APIGroups, "*") || slices.ContainsFunc(r.Resources, func(name string) bool { return strings.HasPrefix(name, "*") })
	})
}

func has(names []string, name string) bool {
	return slices.Contains(names, name) || slices.Contains(names, "*")
}

// matches: no selector selects everything, and one that cannot be read nothing.
func matches(selector *metav1.LabelSelector, set map[string]string) bool {
	if selector == nil {
		return true
	}
	parsed, err := metav1.LabelSelectorAsSelector(selector)
	return err == nil && parsed.Matches(labels.Set(set))
}
