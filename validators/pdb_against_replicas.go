package validators

import (
	"fmt"
	"math"
	"slices"

	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/sets"
)

var _ = register(Validator{
	Name:    "pdb-against-replicas",
	Summary: "PodDisruptionBudgets that keep as many Pods as there are",
	Doc: `
A budget whose minAvailable is all that the workload has refuses every
eviction: no node with such a Pod can be drained. How many there are is said by
the workload or, where an autoscaler scales it, by its minReplicas.

    kind: PodDisruptionBudget
    spec:
      minAvailable: 1    # of two replicas

Percentages are rounded up, so 90% of five is five. maxUnavailable: 1 is right
for any number. Budgets of Pods that nobody can count, as a DaemonSet's, are
left alone.
`,
	Severity: Medium,
	References: slices.Concat(
		params.Refs(params.Kyverno, "deployment-replicas-higher-than-pdb", "pdb-minavailable"),
		params.Refs(params.Polaris, "pdbMinAvailableEqualToHPAMinReplicas", "pdbMinAvailableGreaterThanHPAMaxReplicas", "pdbMinAvailableGreaterThanHPAMinReplicas"),
		params.Refs(params.KubeLinter, "pdb-min-available"),
	),
	OverSet: &OverSet{
		Kinds: budgetKinds,
		Needs: sets.Budgets | sets.Workloads | sets.Autoscalers,
		New:   withoutSetParameters(mustSpareOne),
	},
})

func mustSpareOne(all *sets.Set, found func(*sets.Object, Finding)) {
	for n := range all.Namespaces() {
		known := map[string]counted{} // by selectors: many budgets may select the same workloads
		for _, b := range n.Budgets {
			selector := b.Selector.Parse()
			if selector == nil || b.MinAvailable == nil {
				continue
			}
			pods, seen := known[selector.String()]
			if !seen {
				pods = countPods(all, n, selector)
				known[selector.String()] = pods
			}
			if pods.n > 0 && available(*b.MinAvailable, pods.n) >= pods.n {
				found(&b.Object, invalid(minAvailablePath, shownIntOrString(*b.MinAvailable), pods.detail()))
			}
		}
	}
}

// available is how many Pods a budget keeps of some. One that keeps all of any number is
// pdb-blocks-drain's to find.
func available(kept intstr.IntOrString, of int) int {
	n, percent, ok := readIntOrPercent(kept)
	switch {
	case !ok, percent && n >= 100:
		return 0
	case percent:
		return int(math.Ceil(float64(n) * float64(of) / 100))
	default:
		return n
	}
}

// counted is how many Pods there are at least.
type counted struct {
	n         int // 0 where nobody can tell
	workloads int
	of        *sets.Workload
	by        *sets.Autoscaler
}

// countPods counts the Pods that a selector selects. Where the inputs hold a workload in several
// variants, that with the most counts.
func countPods(all *sets.Set, in *sets.Namespace, selector labels.Selector) (c counted) {
	most := map[sets.Target]int{}
	for w := range in.Selected(selector) {
		fewest, by := leastReplicas(w, all)
		if fewest == sets.Uncounted {
			return counted{}
		}
		if before, seen := most[w.Target()]; !seen || int(fewest) > before {
			c.n += int(fewest) - before
			most[w.Target()], c.of, c.by = int(fewest), w, by
		}
	}
	c.workloads = len(most)
	return c
}

func (c *counted) detail() string {
	pods := fmt.Sprintf("%d Pods", c.n)
	if c.n == 1 {
		pods = "1 Pod"
	}
	if c.workloads > 1 {
		return fmt.Sprintf("must be less than the %s of %d workloads, or no node can be drained", pods, c.workloads)
	}
	detail := fmt.Sprintf("must be less than the %s of %s, or no node can be drained", pods, describe(&c.of.Object))
	if c.by != nil {
		detail = fmt.Sprintf("must be less than the %s that %s goes down to, or no node can be drained", pods, describe(&c.by.Object))
	}
	if len(detail) > maxDetail {
		return fmt.Sprintf("must be less than the %s that it selects, or no node can be drained", pods)
	}
	return detail
}
