package install

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/kits"
	"taffrail.dev/taffrail/internal/names"
)

// readyMadeKits are those of deploy/kits.
func readyMadeKits(t *testing.T) []v1alpha1.NamespaceKit {
	t.Helper()
	objects, err := files.Read("../../deploy/kits")
	require.NoError(t, err)
	_, err = guardrail.Compile(guardrail.Objects{Guardrails: guardrail.Default().Guardrails, Kits: objects.Kits}, guardrail.Options{})
	require.NoError(t, err)
	require.Len(t, objects.Kits, 3)
	return objects.Kits
}

// The component is for the kits beside it: with them install prints what it has.
func TestTheComponentHasTheRightsOfTheReadyMadeKits(t *testing.T) {
	objects, err := Objects(Choices{Image: image, Kits: readyMadeKits(t)})
	require.NoError(t, err)
	for _, o := range resources("components/kits") {
		found := 0
		for _, printed := range objects {
			if printed.GetKind() == o.GetKind() && printed.GetName() == o.GetName() {
				assert.Equal(t, o, printed)
				found++
			}
		}
		assert.Equal(t, 1, found, "%s %s", o.GetKind(), o.GetName())
	}
}

// The kit of the documentation is one.
func TestTheKitOfTheDocumentation(t *testing.T) {
	page, err := os.ReadFile("../../docs/kits.md")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(page), "```yaml\n")
	require.True(t, found)
	text, _, found := strings.Cut(rest, "```")
	require.True(t, found)
	objects, err := guardrail.Parse("kits.md", []byte(text))
	require.NoError(t, err)
	objects.Guardrails = guardrail.Default().Guardrails
	_, err = guardrail.Compile(objects, guardrail.Options{})
	require.NoError(t, err)
	rules, err := kits.Rights(objects.Kits)
	require.NoError(t, err)
	assert.Len(t, rules, 3, "quotas, bindings, and the role that is bound")
}

// Whoever asks for no kits gives no right, and no definition.
func TestWithoutKitsThereIsNothingOfThem(t *testing.T) {
	objects, err := Objects(Choices{Image: image})
	require.NoError(t, err)
	for _, o := range objects {
		assert.NotContains(t, []string{names.Kits, names.KitDefinition}, o.GetName())
	}
}

// Rights are for the kinds of the kits in use, and for no others.
func TestRightsFollowTheKits(t *testing.T) {
	rules := rulesFor(t,
		`{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}`,
		`{"apiVersion": "example.com/v1", "kind": "Gadget", "metadata": {"name": "a"}}`,
		`{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "a"}, "rules": [{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]}`,
		`{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "a"}, "roleRef": {"kind": "Role", "name": "a"}}`)
	verbs := []string{"get", "list", "watch", "create", "patch", "delete"}
	assert.Equal(t, []rbacv1.PolicyRule{
		{APIGroups: []string{"taffrail.dev"}, Resources: []string{"namespacekits"}, Verbs: []string{"list", "watch"}},
		{APIGroups: []string{"taffrail.dev"}, Resources: []string{"namespacekits/status"}, Verbs: []string{"patch"}},
		{APIGroups: []string{""}, Resources: []string{"configmaps"}, Verbs: verbs},
		{APIGroups: []string{"example.com"}, Resources: []string{"gadgets"}, Verbs: verbs},
		{APIGroups: []string{"rbac.authorization.k8s.io"}, Resources: []string{"rolebindings", "roles"}, Verbs: verbs},
		{APIGroups: []string{"rbac.authorization.k8s.io"}, Resources: []string{"roles"}, ResourceNames: []string{"a"}, Verbs: []string{"bind"}},
		{APIGroups: []string{""}, Resources: []string{"pods"}, Verbs: []string{"get"}},
	}, rules)

	_, err := Objects(Choices{Image: image, Kits: kitOf(
		`{"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "a"}, "roleRef": {"kind": "ClusterRole", "name": "${labels.role}"}}`)})
	assert.ErrorContains(t, err, "--kits: NamespaceKit k: spec.objects[0]: roleRef.name: must be a name without placeholders")
}

func rulesFor(t *testing.T, objects ...string) []rbacv1.PolicyRule {
	t.Helper()
	all, err := Objects(Choices{Image: image, Kits: kitOf(objects...)})
	require.NoError(t, err)
	for _, o := range all {
		if o.GetKind() == "ClusterRole" && o.GetName() == names.Kits {
			role := &rbacv1.ClusterRole{}
			require.NoError(t, runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, role))
			return role.Rules
		}
	}
	t.Fatal("there is no role")
	return nil
}

func kitOf(objects ...string) []v1alpha1.NamespaceKit {
	kit := v1alpha1.NamespaceKit{}
	kit.Name, kit.Spec.NamespaceSelector = "k", &everything
	for _, o := range objects {
		kit.Spec.Objects = append(kit.Spec.Objects, runtime.RawExtension{Raw: []byte(o)})
	}
	return []v1alpha1.NamespaceKit{kit}
}

var everything metav1.LabelSelector
