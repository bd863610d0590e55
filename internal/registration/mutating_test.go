package registration

import (
	"testing"

	"github.com/stretchr/testify/assert"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

func mutationOf(policy admissionregistrationv1.ReinvocationPolicyType, group, version, resource string, operations ...admissionregistrationv1.OperationType) v1alpha1.Mutation {
	return v1alpha1.Mutation{
		Name: "m", ReinvocationPolicy: policy,
		ApplyConfiguration: &admissionregistrationv1.ApplyConfiguration{Expression: "Object{}"},
		Resources: []admissionregistrationv1.RuleWithOperations{{
			Operations: operations,
			Rule:       admissionregistrationv1.Rule{APIGroups: []string{group}, APIVersions: []string{version}, Resources: []string{resource}},
		}},
	}
}

// What mutations change has entries of its own, which fail open, and are there only then.
func TestMutationsHaveEntriesOfTheirOwn(t *testing.T) {
	const newPods, create, both = "v1 pods [CREATE]", admissionregistrationv1.Create, admissionregistrationv1.Update
	for name, test := range map[string]struct {
		mutations []v1alpha1.Mutation
		want      map[string][]string // rules by entry
		condition string              // of mutations.taffrail.dev
	}{
		"none": {want: map[string][]string{"mutate.taffrail.dev": nil}},
		"of new Pods": {
			mutations: []v1alpha1.Mutation{mutationOf("", "", "v1", "pods", create)},
			want:      map[string][]string{"mutate.taffrail.dev": {newPods}},
		},
		"of Pods": {
			mutations: []v1alpha1.Mutation{mutationOf("", "", "v1", "pods", create, both)},
			want:      map[string][]string{"mutate.taffrail.dev": {newPods}, "mutations.taffrail.dev": {"v1 pods [UPDATE]"}},
		},
		"of another kind": {
			mutations: []v1alpha1.Mutation{mutationOf("", "apps", "v1", "deployments", create)},
			want:      map[string][]string{"mutate.taffrail.dev": nil, "mutations.taffrail.dev": {"apps/v1 deployments [CREATE]"}},
		},
		"of every kind": {
			mutations: []v1alpha1.Mutation{mutationOf("", "*", "*", "*", create)},
			want:      map[string][]string{"mutate.taffrail.dev": {newPods}, "mutations.taffrail.dev": {"*/* * [CREATE]"}},
			condition: "not-a-new-pod",
		},
		"of what Pods have": {
			mutations: []v1alpha1.Mutation{mutationOf("", "", "v1", "pods/*", create)},
			want:      map[string][]string{"mutate.taffrail.dev": {newPods}, "mutations.taffrail.dev": {"v1 pods/* [CREATE]"}},
			condition: "not-a-new-pod",
		},
		"that are not evaluated again": {
			mutations: []v1alpha1.Mutation{mutationOf("Never", "", "v1", "pods", create)},
			want:      map[string][]string{"mutate.taffrail.dev": nil, "mutations-once.taffrail.dev": {newPods}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			of := Mutated{}
			if len(test.mutations) > 0 {
				of = MutatedBy(setOf(t, v1alpha1.GuardrailSpec{Mutations: test.mutations}))
			}
			got := map[string][]string{}
			for _, w := range Mutating(guardrail.DefaultExcludedNamespaces, of).Webhooks {
				got[w.Name] = nil
				for _, r := range w.Rules {
					version := r.APIVersions[0]
					if r.APIGroups[0] != "" {
						version = r.APIGroups[0] + "/" + version
					}
					got[w.Name] = append(got[w.Name], version+" "+r.Resources[0]+" "+operationsOf(r.Operations))
				}
				assert.Equal(t, admissionregistrationv1.Ignore, *w.FailurePolicy)
				assert.NotEmpty(t, w.NamespaceSelector.MatchExpressions)
				once := w.Name == "mutations-once.taffrail.dev"
				assert.Equal(t, once, *w.ReinvocationPolicy == admissionregistrationv1.NeverReinvocationPolicy)
				assert.Equal(t, once, *w.ClientConfig.Service.Path == "/mutate/once")
				var conditions []string
				for _, c := range w.MatchConditions {
					conditions = append(conditions, c.Name)
				}
				assert.Subset(t, conditions, []string{"not-the-api-server", "not-the-scheduler", "not-a-node"})
				if w.Name == "mutations.taffrail.dev" && test.condition != "" {
					assert.Contains(t, conditions, test.condition)
				} else {
					assert.NotContains(t, conditions, "not-a-new-pod")
				}
			}
			assert.Equal(t, test.want, got)
		})
	}
}

func operationsOf(all []admissionregistrationv1.OperationType) string {
	text := "["
	for i, o := range all {
		if i > 0 {
			text += " "
		}
		text += string(o)
	}
	return text + "]"
}

// Nobody but us changes Guardrails: what guards a cluster is as it was written.
func TestNoMutationIsAskedAboutGuardrails(t *testing.T) {
	of := MutatedBy(setOf(t, v1alpha1.GuardrailSpec{Mutations: []v1alpha1.Mutation{mutationOf("", "*", "*", "*", "CREATE")}}))
	var names []string
	for _, c := range Mutating(nil, of).Webhooks[1].MatchConditions {
		names = append(names, c.Name)
	}
	assert.Contains(t, names, NotOurs)
}

// Entries for mutations leave the entry for defaults as it is.
func TestDefaultsHaveTheSameEntryBesideMutations(t *testing.T) {
	alone := Mutating(nil, Mutated{Completes: true})
	of := MutatedBy(setOf(t, v1alpha1.GuardrailSpec{Mutations: []v1alpha1.Mutation{mutationOf("", "*", "*", "*", "CREATE")}}))
	of.Completes = true
	assert.Equal(t, alone.Webhooks[0], Mutating(nil, of).Webhooks[0])
}
