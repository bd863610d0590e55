package doctor

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/names"
)

// tenants is a kit that is not furnished everywhere.
func tenants() *v1alpha1.NamespaceKit {
	k := &v1alpha1.NamespaceKit{ObjectMeta: metav1.ObjectMeta{Name: "tenants", Generation: 1}}
	k.Spec.NamespaceSelector = &metav1.LabelSelector{}
	k.Spec.Objects = []runtime.RawExtension{{Raw: []byte(`{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}`)}}
	k.Status = v1alpha1.NamespaceKitStatus{ObservedGeneration: 1, Namespaces: 3, Furnished: 1, Waiting: 1, InConflict: 1, Conditions: []metav1.Condition{{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonNotFurnished, Message: "shop: it waits",
		LastTransitionTime: metav1.NewTime(now), ObservedGeneration: 1,
	}}}
	return k
}

func textsOf(r Result) (all []string) {
	for _, f := range r.Findings {
		all = append(all, string(f.Level)+" "+f.Where+": "+f.What)
	}
	return all
}

// Kits that nobody furnishes are told of, and those that cannot be.
func TestKitsThatCannotAct(t *testing.T) {
	e := healthy(t)
	e.Put(tenants())
	assert.Equal(t, []string{
		"warn Deployment taffrail-system/taffrail: nobody furnishes what the NamespaceKits say, 1 in number: the server runs without --kits",
	}, textsOf(e.examined(t)["guardrails"]))

	var d *appsv1.Deployment
	for _, o := range fixture(t, "running.yaml") {
		if is, ok := o.(*appsv1.Deployment); ok && is.Name == names.Name {
			d = is
		}
	}
	d.Spec.Template.Spec.Containers = []corev1.Container{{Name: names.Name, Args: []string{"serve", "--kits"}}}
	e.Put(d)
	assert.Equal(t, []string{"warn NamespaceKit tenants: of 3 Namespaces 1 wait and 1 are in conflict: shop: it waits"}, textsOf(e.examined(t)["guardrails"]))

	k := tenants()
	k.Status.Conditions[0].Reason, k.Status.Conditions[0].Message = v1alpha1.ReasonRefused, "spec.objects[0]: wrong"
	e.Put(k)
	assert.Equal(t, []string{"warn NamespaceKit tenants: it furnishes nothing: spec.objects[0]: wrong"}, textsOf(e.examined(t)["guardrails"]))
}

// A kit takes its rights, and what it takes is not too much.
func TestRightsThatKitsTake(t *testing.T) {
	e := healthy(t)
	e.Put(tenants())
	e.may = func(r right) bool { return r.resource != "configmaps" && !slices.Contains(forbidden, r) }
	assert.Equal(t, []string{"fail ServiceAccount taffrail-system/taffrail: it may not get configmaps, as NamespaceKits ask for"}, textsOf(e.examined(t)["permissions"]))
	e.may = func(r right) bool { return r.resource == "configmaps" || !slices.Contains(forbidden, r) }
	assert.Empty(t, textsOf(e.examined(t)["permissions"]))
}
