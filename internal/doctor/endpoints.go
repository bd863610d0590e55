package doctor

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"taffrail.dev/taffrail/internal/names"
)

var endpoints = Check{
	Name:    "endpoints",
	Summary: "two replicas or more are ready, not all on one node or in one zone",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		if i.outside(ctx) {
			return nil, nil // reached at a URL, with no Service between
		}
		ready, err := i.ready(ctx)
		if err != nil {
			return nil, err
		}
		found := tooFew(ready)
		nodes := &corev1.NodeList{}
		var errs []error
		if err := i.Client.List(ctx, nodes); err != nil {
			errs = append(errs, err)
		}
		found = append(found, together(ready, nodes.Items)...)
		budgets := &policyv1.PodDisruptionBudgetList{}
		if err := i.Client.List(ctx, budgets, inNamespace()); err != nil {
			errs = append(errs, err)
		}
		for n := range budgets.Items {
			found = append(found, blocks(&budgets.Items[n])...)
		}
		return found, errors.Join(errs...)
	},
}

// ready are the addresses that the Service leads to.
func (i *Installation) ready(ctx context.Context) ([]address, error) {
	slices := &discoveryv1.EndpointSliceList{}
	if err := i.Client.List(ctx, slices, inNamespace(), client.MatchingLabels{discoveryv1.LabelServiceName: names.Name}); err != nil {
		return nil, err
	}
	var all []address
	for _, slice := range slices.Items {
		for _, endpoint := range slice.Endpoints {
			// Left out, it counts as ready.
			if !ptr.Deref(endpoint.Conditions.Ready, true) || len(endpoint.Addresses) == 0 {
				continue
			}
			one := address{ip: endpoint.Addresses[0], node: ptr.Deref(endpoint.NodeName, ""), zone: ptr.Deref(endpoint.Zone, "")}
			for _, port := range slice.Ports {
				one.port = ptr.Deref(port.Port, 0)
			}
			all = append(all, one)
		}
	}
	return all, nil
}

type address struct {
	ip, node, zone string
	port           int32
}

func tooFew(ready []address) []Finding {
	where := "Service " + names.Namespace + "/" + names.Name
	switch len(ready) {
	case 0:
		return []Finding{{
			Fail, "no replica is ready: what a webhook that fails closed looks at is refused", where,
			"kubectl describe pods -n taffrail-system; to let everything in meanwhile: `taffrail uninstall --kubeconfig FILE --webhooks-only`",
		}}
	case 1:
		return []Finding{{
			Warn, "one replica is ready: when it ends, what the checks look at is refused", where,
			"kubectl scale -n taffrail-system deployment/taffrail --replicas=2",
		}}
	default:
		return nil
	}
}

// together finds replicas that go down together though they need not.
func together(ready []address, nodes []corev1.Node) []Finding {
	onNodes, inZones, zones := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, r := range ready {
		onNodes[r.node], inZones[r.zone] = true, true
	}
	usable := 0
	for _, node := range nodes {
		if !node.Spec.Unschedulable && !tainted(node) {
			usable++
			zones[node.Labels[corev1.LabelTopologyZone]] = true
		}
	}
	where := "Deployment " + names.Namespace + "/" + names.Name
	const do = "restart it, which spreads it anew: `kubectl rollout restart -n taffrail-system deployment/taffrail`"
	switch {
	case len(ready) < 2:
	case len(onNodes) == 1 && !onNodes[""] && usable > 1:
		return []Finding{{Warn, fmt.Sprintf("all %d replicas are on node %s: they go down together", len(ready), ready[0].node), where, do}}
	case len(inZones) == 1 && !inZones[""] && len(zones) > 1:
		return []Finding{{Warn, fmt.Sprintf("all %d replicas are in zone %s: they go down together", len(ready), ready[0].zone), where, do}}
	}
	return nil
}

func tainted(node corev1.Node) bool {
	for _, taint := range node.Spec.Taints {
		if taint.Effect != corev1.TaintEffectPreferNoSchedule {
			return true
		}
	}
	return false
}

// blocks finds a budget that allows no eviction of ours, ever: no node with a
// replica can be drained.
func blocks(budget *policyv1.PodDisruptionBudget) []Finding {
	if !matches(budget.Spec.Selector, map[string]string{"app.kubernetes.io/name": names.Name}) {
		return nil
	}
	none := intstr.FromInt32(0)
	whole := intstr.FromString("100%")
	never := budget.Spec.MaxUnavailable != nil && (*budget.Spec.MaxUnavailable == none || *budget.Spec.MaxUnavailable == intstr.FromString("0%")) ||
		budget.Spec.MinAvailable != nil && (*budget.Spec.MinAvailable == whole ||
			budget.Status.ExpectedPods > 0 && budget.Spec.MinAvailable.Type == intstr.Int && budget.Spec.MinAvailable.IntVal >= budget.Status.ExpectedPods)
	if !never {
		return nil
	}
	return []Finding{{
		Warn, "it never allows an eviction: a node with a replica cannot be drained", "PodDisruptionBudget " + budget.Namespace + "/" + budget.Name,
		"set maxUnavailable: 1, or have more replicas than minAvailable",
	}}
}
