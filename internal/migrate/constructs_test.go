package migrate

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// construct is a row of the table in docs/migrating.md, and a policy that has it.
type construct struct {
	Source     string         `json:"source"`
	Construct  string         `json:"construct"`
	Outcome    policy.Outcome `json:"outcome"`
	Becomes    string         `json:"becomes"`
	Rule       map[string]any `json:"rule"`
	Constraint map[string]any `json:"constraint"`
	Policy     map[string]any `json:"policy"`
	Binding    map[string]any `json:"binding"`
	Object     map[string]any `json:"object"`
}

func (c *construct) row() string {
	return fmt.Sprintf("| %s | %s | %s | %s |\n", c.Source, strings.ReplaceAll(c.Construct, "|", `\|`), c.Outcome, cmp.Or(c.Becomes, "-"))
}

// objects are whole policies of what the row has.
func (c *construct) objects() (all []map[string]any) {
	object := func(apiVersion, kind string, spec map[string]any) {
		all = append(all, map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": map[string]any{"name": "x"}, "spec": spec})
	}
	if c.Rule != nil {
		rule := map[string]any{"name": "r", "match": map[string]any{"any": []any{map[string]any{"resources": map[string]any{"kinds": []any{"Pod"}}}}}}
		maps.Copy(rule, c.Rule)
		object("kyverno.io/v1", "ClusterPolicy", map[string]any{"rules": []any{rule}})
	}
	if c.Constraint != nil {
		spec, _ := c.Constraint["spec"].(map[string]any)
		object("constraints.gatekeeper.sh/v1beta1", c.Constraint["kind"].(string), spec)
	}
	if c.Policy != nil {
		spec := map[string]any{"matchConstraints": map[string]any{"resourceRules": []any{map[string]any{
			"apiGroups": []any{""}, "apiVersions": []any{"v1"}, "operations": []any{"CREATE"}, "resources": []any{"pods"},
		}}}}
		maps.Copy(spec, c.Policy)
		object("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", spec)
	}
	if c.Binding != nil {
		spec := map[string]any{"policyName": "x", "validationActions": []any{"Deny"}}
		maps.Copy(spec, c.Binding)
		object("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding", spec)
	}
	if c.Object != nil {
		all = append(all, c.Object)
	}
	return all
}

func TestEachConstructBecomesWhatItsRowSays(t *testing.T) {
	page, err := os.ReadFile("../../docs/migrating.md")
	require.NoError(t, err)
	for _, c := range constructs(t) {
		t.Run(c.Source+" "+c.Construct, func(t *testing.T) {
			in := &policy.Inputs{}
			for _, content := range c.objects() {
				plain, _ := policy.Plain(content).(map[string]any)
				in.Objects = append(in.Objects, policy.NewObject(manifest.Place{File: "x.yaml"}, plain))
			}
			result := Run(in)
			require.NotEmpty(t, result.Rows)
			for i := range result.Rows {
				assert.Equal(t, c.Outcome, result.Rows[i].Outcome, "%+v", result.Rows[i])
			}
			assert.Contains(t, string(page), c.row())
		})
	}
}

func constructs(t *testing.T) (all []construct) {
	t.Helper()
	text, err := os.ReadFile("testdata/constructs.yaml")
	require.NoError(t, err)
	require.NoError(t, yaml.UnmarshalStrict(text, &all))
	return all
}

// Every row of the page has a construct here.
func TestEachRowOfThePageHasAConstruct(t *testing.T) {
	page, err := os.ReadFile("../../docs/migrating.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(page), "| tool | construct | | becomes |\n|---|---|---|---|\n")
	require.True(t, found)
	table, _, _ = strings.Cut(table, "\n\n")
	var rows []string
	for _, c := range constructs(t) {
		rows = append(rows, strings.TrimSuffix(c.row(), "\n"))
	}
	assert.Equal(t, rows, strings.Split(strings.TrimSpace(table), "\n"))
}
