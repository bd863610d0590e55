package plan

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/check"
)

// side is one of the two, of the YAML of its objects.
func side(t *testing.T, name, text string) *Side {
	t.Helper()
	objects, err := guardrail.Parse(name, []byte(text))
	require.NoError(t, err)
	return &Side{Name: name, Objects: objects}
}

func none() *Side { return &Side{Name: None} }

// written is a file of manifests.
func written(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "manifests.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func compared(t *testing.T, from, to *Side, files ...string) *Plan {
	t.Helper()
	p, err := Manifests(context.Background(), from, to, check.Options{}, strings.NewReader(""), files...)
	require.NoError(t, err)
	return p
}

// told are the findings of a plan, with what makes the difference.
func told(p *Plan) (lines []string) {
	for i := range p.Changes {
		c := &p.Changes[i]
		for _, f := range c.Findings {
			lines = append(lines, fmt.Sprintf("%s %s: %s %s: %s", c.What, c.Workload.String(), f.Action, f.Validator, f.Path))
		}
		for _, d := range c.Defaults {
			lines = append(lines, fmt.Sprintf("%s %s: %s", c.What, c.Workload.String(), d.Mutator))
		}
	}
	return lines
}

const nginx = `
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop}
spec: {containers: [{name: web, image: nginx}]}
`

func only(name, action string) string {
	return fmt.Sprintf("apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec: {validators: [{name: %s, action: %s}]}\n", name, action)
}

func TestWhatBecomesDifferent(t *testing.T) {
	twice := "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: other}\nspec: {validators: [{name: image-latest-tag}, {name: bare-pod}]}\n"
	completes := "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec: {mutators: [{name: default-resource-requests, params: {cpu: %s, memory: 1Gi}}]}\n"
	tests := []struct {
		name     string
		from, to string
		want     []string
	}{
		{"nothing to Deny", "", only("image-latest-tag", "Deny"), []string{"newlyRefused Pod/web: Deny image-latest-tag: spec.containers[0].image"}},
		{"Warn to Deny", only("image-latest-tag", "Warn"), only("image-latest-tag", "Deny"), []string{
			"newlyRefused Pod/web: Deny image-latest-tag: spec.containers[0].image",
		}},
		{"Deny to Warn", only("image-latest-tag", "Deny"), only("image-latest-tag", "Warn"), []string{"noLongerRefused Pod/web: Warn image-latest-tag: spec.containers[0].image"}},
		{"Deny to nothing", only("image-latest-tag", "Deny"), "", []string{"noLongerRefused Pod/web: Deny image-latest-tag: spec.containers[0].image"}},
		{"nothing to Warn", "", only("image-latest-tag", "Warn"), []string{"newlyWarned Pod/web: Warn image-latest-tag: spec.containers[0].image"}},
		{"nothing to Audit", "", only("image-latest-tag", "Audit"), []string{"newlyAudited Pod/web: Audit image-latest-tag: spec.containers[0].image"}},
		{"Audit to nothing", only("image-latest-tag", "Audit"), "", []string{"noLongerAudited Pod/web: Audit image-latest-tag: spec.containers[0].image"}},
		{"one more of what is refused", only("image-latest-tag", "Deny"), twice, []string{"refusedOtherwise Pod/web: Deny bare-pod: metadata.ownerReferences"}},
		{"the same by another guardrail", only("image-latest-tag", "Deny"), strings.Replace(only("image-latest-tag", "Deny"), "name: g", "name: h", 1), nil},
		{"a new default", "", fmt.Sprintf(completes, "1"), []string{"newlyDefaulted Pod/web: default-resource-requests"}},
		{"another default", fmt.Sprintf(completes, "1"), fmt.Sprintf(completes, "2"), []string{"defaultedOtherwise Pod/web: default-resource-requests"}},
		{"a default less", fmt.Sprintf(completes, "1"), "", []string{"noLongerDefaulted Pod/web: default-resource-requests"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := compared(t, side(t, "old.yaml", test.from), side(t, "new.yaml", test.to), written(t, nginx))
			assert.Equal(t, test.want, told(p))
			assert.Equal(t, 1, p.Summary.Objects)
			refused := len(test.want) > 0 && strings.HasPrefix(test.want[0], "newlyRefused")
			assert.Equal(t, refused, p.Refuses())
		})
	}
}

func TestTheDateFromWhichAFindingIsRefusedIsNoOtherFinding(t *testing.T) {
	later := strings.Replace(only("image-latest-tag", "Deny"), "action: Deny", `action: Deny, enforceFrom: "2999-01-01"`, 1)
	p := compared(t, side(t, "old.yaml", later), side(t, "new.yaml", only("image-latest-tag", "Deny")), written(t, nginx))
	require.Equal(t, NewlyRefused, p.Changes[0].What)
	assert.Equal(t, v1alpha1.Warn, p.Changes[0].Findings[0].Old, "it was warned of before")
}

func TestADefaultMendsWhatIsFound(t *testing.T) {
	text := "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: g}\nspec:\n  mutators: [{name: default-resource-requests, params: {cpu: 1, memory: 1Gi}}]\n" +
		"  validators: [{name: resource-requests}]\n"
	p := compared(t, none(), side(t, "new.yaml", text), written(t, nginx))
	assert.Equal(t, []string{"newlyDefaulted Pod/web: default-resource-requests"}, told(p))
	assert.False(t, p.Refuses())
}

// TestPlanFromNothingIsWhatCheckSays: for each fixture of the catalogue, what becomes different
// from nothing to a Guardrail with the check is what `taffrail check` finds.
func TestPlanFromNothingIsWhatCheckSays(t *testing.T) {
	files, err := filepath.Glob("../../validators/testdata/*/*.yaml")
	require.NoError(t, err)
	evaluated, found := 0, 0
	for _, file := range files {
		objects, labels, is := guardrailOf(t, file)
		if !is || strings.HasPrefix(filepath.Base(file), "old-") { // of an update
			continue
		}
		evaluated++
		r, err := check.Run(context.Background(), check.Options{Objects: objects, NamespaceLabels: labels}, nil, file)
		require.NoError(t, err, file)
		p, err := Manifests(context.Background(), none(), &Side{Name: "new", Objects: objects}, check.Options{NamespaceLabels: labels}, nil, file)
		require.NoError(t, err, file)
		var want, got []string
		for i := range r.Results {
			if f := &r.Results[i]; f.Validator != builtin.SchemaName { // which is made whatever Guardrails there are
				want = append(want, fmt.Sprint(f.Action, f.Line, f.Kind, f.Name, f.Validator, f.Control, f.Path, f.Message))
			}
		}
		for i := range p.Changes {
			for _, f := range p.Changes[i].Findings {
				got = append(got, fmt.Sprint(f.Action, f.Line, f.Kind, f.Name, f.Validator, f.Control, f.Path, f.Message))
			}
		}
		assert.ElementsMatch(t, want, got, file)
		assert.Equal(t, r.Summary.Denied > 0, p.Refuses(), file)
		found += len(want)
	}
	t.Logf("%d fixtures, %d findings", evaluated, found)
	assert.Greater(t, evaluated, 500)
	assert.Greater(t, found, 500)
}

// Checks over all inputs together are made of manifests alone, by both sides.
func TestChecksOverTheWholeSetArePlannedAsTheyAreChecked(t *testing.T) {
	file := written(t, "apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {selector: {app: web}, ports: [{port: 80}]}\n---"+nginx)
	to := side(t, "new.yaml", only("dangling-service", "Deny"))
	r, err := check.Run(context.Background(), check.Options{Objects: to.Objects}, nil, file)
	require.NoError(t, err)
	require.Equal(t, 1, r.Summary.Denied)
	p := compared(t, none(), to, file)
	assert.Equal(t, []string{"newlyRefused Service/web: Deny dangling-service: " + r.Results[0].Path}, told(p))
	assert.Empty(t, compared(t, to, to, file).Changes)

	p = replayed(t, to, LogOptions{}, logged("a", "create", "pods", "shop", "a", podOf(`"name":"a"`)))
	assert.Equal(t, []string{"Guardrail g: checks over all objects together are left out, --manifests makes them: dangling-service"}, p.Notes)
}

// What a manifest wants ignored is told: the cluster knows nothing of it.
func TestWhatIsIgnoredInAManifestIsRefusedByTheCluster(t *testing.T) {
	ignored := strings.Replace(nginx, "spec: {c", "# taffrail:ignore image-latest-tag: a test\nspec: {c", 1)
	p := compared(t, none(), side(t, "new.yaml", only("image-latest-tag", "Deny")), written(t, ignored))
	require.True(t, p.Refuses())
	assert.Contains(t, p.Changes[0].Findings[0].said(), "; ignored by `taffrail check` (a test), not by the cluster")
}

// guardrailOf is a Guardrail with the check of a fixture, as the fixture wants it. What is no
// creation no manifest is about.
func guardrailOf(t *testing.T, file string) (objects guardrail.Objects, labels map[string]string, is bool) {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	validator := v1alpha1.Validator{Name: filepath.Base(filepath.Dir(file))}
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "# ") {
			break
		}
		directive, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "# "), ": ")
		switch directive {
		case "operation", "old", "subresource", "options", "request-kind", "user":
			return objects, nil, false
		case "params":
			raw, err := yaml.YAMLToJSON([]byte(value))
			require.NoError(t, err, file)
			validator.Params = &runtime.RawExtension{Raw: raw}
		case "namespace-labels":
			require.NoError(t, yaml.Unmarshal([]byte(value), &labels), file)
		}
	}
	objects.Guardrails = []v1alpha1.Guardrail{{Spec: v1alpha1.GuardrailSpec{Validators: []v1alpha1.Validator{validator}}}}
	objects.Guardrails[0].Name = "fixture"
	return objects, labels, true
}
