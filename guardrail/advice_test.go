package guardrail

import (
	"fmt"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/resource"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/validators"
)

// TestNoAdviceIsWhatIsThere: whatever a check finds fault with, what it asks for is something else.
// Every fixture is evaluated by its own check, and by all checks.
func TestNoAdviceIsWhatIsThere(t *testing.T) {
	seen := 0
	held := func(name string, findings []*Finding) {
		for _, f := range findings {
			seen++
			assert.False(t, advises(f), "%s: %s", name, f)
		}
	}
	whole := named(t, []v1alpha1.GuardrailSpec{wholeCatalogue(t)}, "whole")
	for _, v := range ofOneObject() {
		eachFailure(t, v.Name, func(file string, params, object []byte) {
			if r := creationOf(t, object); r != nil {
				held(v.Name+"/"+file, decided(t, checking(t, v.Name, params, nil), r).Findings)
			}
		})
		eachFixture(t, validators.Fixtures, v.Name, func(text string) {
			object, err := yaml.YAMLToJSON([]byte(text))
			require.NoError(t, err)
			if r := creationOf(t, object); r != nil {
				held(v.Name, decided(t, whole, r).Findings)
			}
		})
	}
	assert.Greater(t, seen, 1000)
}

var (
	alternatives = regexp.MustCompile(`, | or `)
	bound        = regexp.MustCompile(`^must be at (most|least) ([^ ,;]+)$`)
)

// advises tells whether a finding asks for the value that it is about: by name, by a pattern, or as
// a bound.
func advises(f *Finding) bool {
	value := fmt.Sprint(f.Value)
	if parts := bound.FindStringSubmatch(f.Detail); parts != nil {
		is, err := resource.ParseQuantity(value)
		most, wrong := resource.ParseQuantity(parts[2])
		return err == nil && wrong == nil && (parts[1] == "most" && is.Cmp(most) <= 0 || parts[1] == "least" && is.Cmp(most) >= 0)
	}
	advice, found := strings.CutPrefix(f.Detail, "must be ")
	if !found || value == "" {
		return false
	}
	for _, alternative := range alternatives.Split(advice, -1) {
		if same, err := path.Match(alternative, value); err == nil && same {
			return true
		}
	}
	return false
}

func TestAdvises(t *testing.T) {
	for detail, value := range map[string]any{
		"must be runtime/default or localhost/*": "runtime/default",
		"must be a, b or localhost/*":            "localhost/x",
		"must be Default":                        "Default",
		"must be at most 3":                      3,
		"must be at least 1Gi":                   "2Gi",
	} {
		assert.True(t, advises(&Finding{Finding: &validators.Finding{Detail: detail, Value: value}}), detail)
	}
	assert.False(t, advises(&Finding{Finding: &validators.Finding{Detail: "must be at most 3", Value: 4}}))
}
