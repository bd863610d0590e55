package policyreport

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
)

// day is when all of it was found.
var day = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)

// object is a Deployment, with a uid that no other has.
func object(namespace, name string) audit.Object {
	return audit.Object{APIVersion: "apps/v1", Kind: "Deployment", Namespace: namespace, Name: name, UID: types.UID("uid-" + namespace + "-" + name)}
}

// finding is one of an object, in a container of it.
func finding(owner audit.Object, validator string, action v1alpha1.Action, container int) audit.Result {
	return audit.Result{
		Owner: owner, Objects: 3, FirstSeen: day,
		Result: report.Result{
			Kind: owner.Kind, Namespace: owner.Namespace, Name: owner.Name, Resource: "deployments.apps",
			Guardrail: "default", Validator: validator, Action: action, Severity: "Medium",
			Path:    fmt.Sprintf("spec.template.spec.containers[%d].image", container),
			Message: `Invalid value: "nginx": must have a tag other than latest (container "web")`,
			Fix:     []workload.Operation{{Op: "replace", Path: fmt.Sprintf("/spec/template/spec/containers/%d/image", container), Value: "nginx:1.29"}},
		},
	}
}

// audited is an audit of some results, which are in the order of their namespaces.
func audited(results ...audit.Result) *audit.Report {
	r := &audit.Report{Results: results, Time: day.Add(time.Hour)}
	last := ""
	for i := range results {
		if name := results[i].Owner.Namespace; i == 0 || name != last {
			last = name
			r.Namespaces = append(r.Namespaces, audit.NamespaceSummary{Name: name, Summary: audit.Summary{Passed: 7, Exempted: 2}})
		}
	}
	return r
}

// large has so many findings in so many namespaces, of workloads with four each.
func large(findings, namespaces int) *audit.Report {
	var results []audit.Result
	each := findings / namespaces
	for n := range namespaces {
		for i := range each {
			owner := object(fmt.Sprintf("team-%03d", n), fmt.Sprintf("web-%d", i/4))
			action := []v1alpha1.Action{v1alpha1.Deny, v1alpha1.Warn, v1alpha1.Audit}[i%3]
			results = append(results, finding(owner, []string{"image-latest-tag", "readiness-probe"}[i%2], action, i%4))
		}
	}
	return audited(results...)
}

// all has a row of every sort.
func all() *audit.Report {
	rule := finding(object("shop", "web"), "team-label", v1alpha1.Audit, 0)
	rule.Rule, rule.Path, rule.Message, rule.Fix = true, "", "must have the label team", nil
	pods := finding(object("shop", "worker"), "pod-security", v1alpha1.Warn, 0)
	pods.Kind, pods.Name, pods.Resource, pods.Control, pods.Path = "Pod", "worker-1", "pods", "Privileged Containers", "spec.containers[0].securityContext.privileged"
	role := finding(audit.Object{APIVersion: "rbac.authorization.k8s.io/v1", Kind: "ClusterRole", Name: "all", UID: "uid-all"}, "rbac-wildcards", v1alpha1.Deny, 0)
	role.Severity, role.Path, role.Message, role.Fix = "High", "rules[0].verbs[0]", "must name verbs", nil
	r := audited(role, finding(object("shop", "web"), "image-latest-tag", v1alpha1.Deny, 0), finding(object("shop", "web"), "image-latest-tag", v1alpha1.Deny, 1), rule, pods)
	expires := day.AddDate(0, 3, 0)
	r.Exemptions = []audit.ExemptionSummary{
		{Name: "legacy", Namespace: "shop", Owner: "team-shop", Reason: "until the new image is built", Expires: &expires, Used: 2},
		{Name: "unused", Namespace: "shop", Owner: "team-shop", Reason: "nobody knows"},
	}
	r.Notes = []string{
		"Guardrail default: the rule by-hand is left out: it asks who sends a request",
		"could not list secrets: secrets is forbidden; the rest is complete",
	}
	r.Namespaces = append(r.Namespaces, audit.NamespaceSummary{Name: "tidy", Summary: audit.Summary{Passed: 40}})
	return r
}
