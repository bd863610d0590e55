package doctor

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/kits"
	"taffrail.dev/taffrail/internal/names"
)

// withKits is what to do when Taffrail cannot make what kits say.
const withKits = "print the rights that your kits take, with the choices that the installation has, and apply them: `taffrail install --kits FILE ... | kubectl apply --server-side -f -`"

// kits are those of the cluster; there are none where it does not know the kind.
func (i *Installation) kits(ctx context.Context) ([]v1alpha1.NamespaceKit, error) {
	list := &v1alpha1.NamespaceKitList{}
	err := i.Client.List(ctx, list)
	if meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
		return nil, nil
	}
	return list.Items, err
}

// kitsThatCannotAct are those that furnish nothing, or not every Namespace.
func (i *Installation) kitsThatCannotAct(ctx context.Context) (found []Finding, err error) {
	all, err := i.kits(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	if !i.outside(ctx) {
		deployment, err := i.deployment(ctx)
		if err != nil {
			return nil, err
		}
		furnishes := func(c corev1.Container) bool { return slices.Contains(c.Args, "--kits") }
		if !slices.ContainsFunc(deployment.Spec.Template.Spec.Containers, furnishes) {
			return []Finding{{
				Warn, fmt.Sprintf("nobody furnishes what the NamespaceKits say, %d in number: the server runs without --kits", len(all)),
				"Deployment " + names.Namespace + "/" + names.Name, withKits,
			}}, nil
		}
	}
	for n := range all {
		k := &all[n]
		ready := meta.FindStatusCondition(k.Status.Conditions, v1alpha1.ConditionReady)
		where := "NamespaceKit " + k.Name
		switch {
		case ready == nil || k.Status.ObservedGeneration < k.Generation:
			if i.Now().Sub(k.CreationTimestamp.Time) > patience {
				found = append(found, Finding{Warn, "its status is behind: no leader looks at it", where, "kubectl logs -n taffrail-system deployment/taffrail --all-pods"})
			}
		case ready.Reason == v1alpha1.ReasonRefused:
			found = append(found, Finding{Warn, "it furnishes nothing: " + ready.Message, where, "mend what the message lists"})
		case ready.Status == metav1.ConditionFalse:
			found = append(found, Finding{
				Warn, fmt.Sprintf("of %d Namespaces %d wait and %d are in conflict: %s", k.Status.Namespaces, k.Status.Waiting, k.Status.InConflict, ready.Message),
				where, "see the reasons: `kubectl get namespacekit " + k.Name + " -o yaml`",
			})
		}
	}
	return found, nil
}

// kitRights are the rights that the kits take, and that the ServiceAccount must have.
func (i *Installation) kitRights(ctx context.Context) (all []right, err error) {
	list, err := i.kits(ctx)
	if err != nil {
		return nil, err
	}
	for n := range list {
		rules, _ := kits.Rights(list[n : n+1]) // what is wrong with one is another check's to tell
		all = append(all, rightsOf(rules)...)
	}
	return all, nil
}

func rightsOf(rules []rbacv1.PolicyRule) (all []right) {
	for _, rule := range rules {
		for _, group := range rule.APIGroups {
			for _, resource := range rule.Resources {
				for _, name := range append(rule.ResourceNames, "")[:max(1, len(rule.ResourceNames))] {
					all = append(all, right{role: names.Kits, group: group, resource: resource, name: name}.each(rule.Verbs...)...)
				}
			}
		}
	}
	return all
}

// missingForKits are the kinds that kits make and Taffrail may not, a finding a kind.
func (i *Installation) missingForKits(ctx context.Context, needed []right) (found []Finding, err error) {
	told := map[string]bool{}
	for _, r := range needed {
		kind := r.resource + "." + r.group + "/" + r.name
		if told[kind] {
			continue
		}
		may, err := i.may(ctx, r)
		if err != nil {
			return found, err
		}
		if !may {
			told[kind] = true
			found = append(found, Finding{Fail, fmt.Sprintf("it may not %s, as NamespaceKits ask for", r), account, withKits})
		}
	}
	return found, nil
}
