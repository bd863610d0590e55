package kits

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

// Verbs are what Taffrail does to what kits make: it looks whether somebody else has made it (get),
// knows what it has made (list, watch), applies it (create, patch), and removes it (delete).
var Verbs = []string{"get", "list", "watch", "create", "patch", "delete"}

// Rights are what Taffrail must be allowed to make what kits say, and nothing else: their kinds, the
// roles that they bind, and what the roles that they make grant.
func Rights(list []v1alpha1.NamespaceKit) ([]rbacv1.PolicyRule, error) {
	r := rights{resources: map[string][]string{}, binds: map[string][]string{}}
	var mistakes []error
	for i := range list {
		kit, wrong := Compile(&list[i])
		if len(wrong) > 0 {
			mistakes = append(mistakes, fmt.Errorf("NamespaceKit %s: %w", list[i].Name, wrong.ToAggregate()))
			continue
		}
		for j := range kit.Objects {
			if err := r.add(kit.Objects[j].Kind, list[i].Spec.Objects[j].Raw); err != nil {
				mistakes = append(mistakes, fmt.Errorf("NamespaceKit %s: spec.objects[%d]: %w", list[i].Name, j, err))
			}
		}
	}
	return r.rules(), errors.Join(mistakes...)
}

type rights struct {
	resources map[string][]string // by group
	binds     map[string][]string // names of roles, by their resource
	granted   []rbacv1.PolicyRule
}

func (r *rights) add(kind schema.GroupVersionKind, raw []byte) error {
	resource, _ := workload.ResourceFor(kind)
	if !slices.Contains(r.resources[kind.Group], resource.Resource) {
		r.resources[kind.Group] = append(r.resources[kind.Group], resource.Resource)
	}
	if kind.Group != rbacv1.GroupName {
		return nil
	}
	in, err := document(raw)
	if err != nil {
		return err
	}
	switch kind.Kind {
	case "RoleBinding":
		ref, _ := in["roleRef"].(map[string]any)
		of, _ := ref["kind"].(string)
		name, _ := ref["name"].(string)
		if name == "" || strings.Contains(name, "${") {
			return errors.New("roleRef.name: must be a name without placeholders: the right to bind a role is given by its name")
		}
		of = strings.ToLower(of) + "s"
		if !slices.Contains(r.binds[of], name) {
			r.binds[of] = append(r.binds[of], name)
		}
	case "Role":
		role := &rbacv1.Role{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(in, role); err != nil {
			return fmt.Errorf("rules: %w", err)
		}
		r.granted = append(r.granted, role.Rules...)
	}
	return nil
}

func (r *rights) rules() (all []rbacv1.PolicyRule) {
	for _, group := range slices.Sorted(maps.Keys(r.resources)) {
		all = append(all, rbacv1.PolicyRule{APIGroups: []string{group}, Resources: slices.Sorted(slices.Values(r.resources[group])), Verbs: Verbs})
	}
	for _, resource := range slices.SortedFunc(maps.Keys(r.binds), cmp.Compare[string]) {
		all = append(all, rbacv1.PolicyRule{
			APIGroups: []string{rbacv1.GroupName}, Resources: []string{resource},
			ResourceNames: slices.Sorted(slices.Values(r.binds[resource])), Verbs: []string{"bind"},
		})
	}
	return append(all, r.granted...)
}
