package schemas

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// compiled is a schema in a validator that is not ours.
func compiled(t *testing.T, name string) *jsonschema.Schema {
	t.Helper()
	s, found := Find(name)
	require.True(t, found, name)
	text, err := s.JSON()
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	require.NoError(t, compiler.AddResource(s.File, document))
	out, err := compiler.Compile(s.File)
	require.NoError(t, err)
	return out
}

// instance is a document as the validator reads it.
func instance(t *testing.T, text string) any {
	t.Helper()
	raw, err := yaml.YAMLToJSON([]byte(text))
	require.NoError(t, err)
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	require.NoError(t, err)
	return document
}

// Every Guardrail, Exemption, NamespaceKit and GuardrailTest of the repository is one for an editor too.
func TestWhatWeShipIsValid(t *testing.T) {
	schemas := map[string]*jsonschema.Schema{}
	for _, kind := range []string{"Guardrail", "Exemption", "NamespaceKit", "GuardrailTest"} {
		schemas[kind] = compiled(t, kind)
	}
	seen := map[string]int{}
	input := manifest.Read(nil, "../../deploy/guardrails", "../../deploy/kits", "../../guardrail/default.yaml", "../../examples/guardrails",
		"../../examples/first-guardrail", "../../examples/rules", "../../examples/shop", "../../examples/testing-guardrails",
		"../reference/testdata/api", "../../cmd/taffrail/testdata/test/pass.yaml", "../../cmd/taffrail/testdata/test/fail.yaml")
	require.Empty(t, input.Errors)
	for _, object := range input.Objects {
		s := schemas[object.Kind]
		if s == nil || object.APIVersion != "taffrail.dev/v1alpha1" {
			continue
		}
		seen[object.Kind]++
		var document map[string]any
		require.NoError(t, json.Unmarshal(object.Raw, &document))
		delete(document, "status") // is written by Taffrail
		require.NoError(t, s.Validate(document), "%s %s", object.File, object.Name)
	}
	assert.Greater(t, seen["Guardrail"], 7)
	assert.Positive(t, seen["Exemption"])
	assert.Greater(t, seen["NamespaceKit"], 3)
	assert.Greater(t, seen["GuardrailTest"], 7)
}

var paramsLine = regexp.MustCompile(`(?m)^# params: (.*)`)

// The parameters of every fixture are those of its check.
func TestParametersOfFixturesAreValid(t *testing.T) {
	s := compiled(t, "Guardrail")
	for list, folder := range map[string]string{"validators": "../../validators/testdata", "mutators": "../../mutators/testdata"} {
		files, err := filepath.Glob(folder + "/*/*.yaml")
		require.NoError(t, err)
		require.NotEmpty(t, files)
		for _, file := range files {
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			found := paramsLine.FindStringSubmatch(string(text))
			if found == nil || filepath.Base(file) == "mistakes.yaml" {
				continue
			}
			with := using(list, filepath.Base(filepath.Dir(file)), found[1])
			assert.NoError(t, s.Validate(instance(t, with)), file)
		}
	}
}

// using is a Guardrail with one entry of the catalogue.
func using(list, name, params string) string {
	return "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: a}\nspec: {" + list + ": [{name: " + name + ", params: " + params + "}]}\n"
}

// What the schema takes without parameters the check takes too, and the other way round: a parameter
// is required in both.
func TestWhatIsRequiredIsSo(t *testing.T) {
	s := compiled(t, "Guardrail")
	required := 0
	check := func(list, name string, err error) {
		with := strings.Replace(using(list, name, "{}"), ", params: {}", "", 1)
		if wrong := s.Validate(instance(t, with)); wrong != nil {
			required++
			assert.Error(t, err, "%s takes no parameters, and the schema wants some: %v", name, wrong)
		}
	}
	none := func(any) error { return nil }
	for _, v := range validators.All() {
		_, err := v.New(none)
		check("validators", v.Name, err)
	}
	for _, m := range mutators.All() {
		_, err := m.New(none)
		check("mutators", m.Name, err)
	}
	assert.Greater(t, required, 10)
}

const before = "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {name: a}\nspec:\n"

func TestMistakesAreFound(t *testing.T) {
	for _, c := range []struct{ about, schema, text, want string }{
		{"a misspelt field of a kit", "NamespaceKit", "apiVersion: taffrail.dev/v1alpha1\nkind: NamespaceKit\nmetadata: {name: a}\nspec: {namespaceSelector: {}, objects: [{}], sink: Ensure}\n", "/spec"},
		{"a misspelt check", "Guardrail", before + "  validators: [{name: image-lastest-tag}]", "/spec/validators/0/name"},
		{"a default among the checks", "Guardrail", before + "  validators: [{name: default-security-context}]", "/spec/validators/0/name"},
		{"a misspelt default", "Guardrail", before + "  mutators: [{name: default-host-user}]", "/spec/mutators/0/name"},
		{"a misspelt parameter", "Guardrail", before + "  validators: [{name: image-latest-tag, params: {tag: [latest]}}]", "additional properties 'tag' not allowed"},
		{"a parameter of another check", "Guardrail", before + "  validators: [{name: image-latest-tag, params: {level: baseline}}]", "additional properties 'level' not allowed"},
		{"a parameter where there are none", "Guardrail", before + "  validators: [{name: bare-pod, params: {a: 1}}]", "additional properties 'a' not allowed"},
		{"a parameter below a parameter", "Guardrail", before + "  mutators: [{name: default-resource-requests, params: {containers: [{nam: a}]}}]", "additional properties 'nam' not allowed"},
		{"a value of another type", "Guardrail", before + "  validators: [{name: image-latest-tag, params: {tags: latest}}]", "/spec/validators/0/params/tags"},
		{"a text that is to be a number", "Guardrail", before + "  validators: [{name: min-replicas, params: {min: two}}]", "/spec/validators/0/params/min"},
		{"a word that is none", "Guardrail", before + "  validators: [{name: pod-security, params: {level: strict}}]", "/spec/validators/0/params/level"},
		{"a control that is none", "Guardrail", before + "  validators: [{name: pod-security, params: {exclude: [hostPaths]}}]", "/spec/validators/0/params/exclude/0"},
		{"a required parameter left out", "Guardrail", before + "  validators: [{name: image-registry-allowed}]", "missing property 'params'"},
		{"an action that is none", "Guardrail", before + "  validators: [{name: bare-pod, action: Refuse}]", "/spec/validators/0/action"},
		{"a field that is none", "Guardrail", before + "  validator: []", "additional properties 'validator' not allowed"},
		{"another kind", "Guardrail", "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {}", "/kind"},
		{"no name", "Guardrail", "apiVersion: taffrail.dev/v1alpha1\nkind: Guardrail\nmetadata: {}\nspec: {}", "missing property 'name'"},
		{"a control of another check", "Exemption", exempt("image-latest-tag/hostPathVolumes"), "/spec/validators/0"},
		{"a misspelt control", "Exemption", exempt("pod-security/hostPathVolume"), "/spec/validators/0"},
		{"an Exemption without an owner", "Exemption", strings.Replace(exempt("bare-pod"), ", owner: a", "", 1), "missing property 'owner'"},
		{"a case without a name", "GuardrailTest", testOf("{expect: {}}"), "missing property 'name'"},
		{"a case without an expectation", "GuardrailTest", testOf("{name: a}"), "missing property 'expect'"},
		{"an operation that is none", "GuardrailTest", testOf("{name: a, operation: PATCH, expect: {}}"), "/spec/cases/0/operation"},
		{"a misspelt expectation", "GuardrailTest", testOf("{name: a, expect: {deny: []}}"), "additional properties 'deny' not allowed"},
		{"a finding of no control", "GuardrailTest", testOf("{name: a, expect: {denied: [{validator: pod-security/hostPathVolume}]}}"), "/spec/cases/0/expect/denied/0/validator"},
		{"a key that is none", ".taffrail.yaml", "guardrial: x", "additional properties 'guardrial' not allowed"},
		{"a value that is no list", ".taffrail.yaml", "inputs: deploy", "/inputs"},
		{"a form of the result that is none", ".taffrail.yaml", "output: [txt]", "/output/0"},
		{"no file behind a form", ".taffrail.yaml", "output: [sarif=]", "/output/0"},
		{"failOn with another word", ".taffrail.yaml", "failOn: audit", "/failOn"},
	} {
		err := compiled(t, c.schema).Validate(instance(t, c.text))
		assert.ErrorContains(t, err, c.want, c.about)
	}
}

func testOf(one string) string {
	return "apiVersion: taffrail.dev/v1alpha1\nkind: GuardrailTest\nmetadata: {name: a}\nspec: {cases: [" + one + "]}\n"
}

func exempt(name string) string {
	return "apiVersion: taffrail.dev/v1alpha1\nkind: Exemption\nmetadata: {name: a, namespace: b}\n" +
		"spec: {validators: [" + name + "], reason: a, owner: a, expires: \"2027-01-01\"}\n"
}

func TestExemptionsMayNameRulesAndControls(t *testing.T) {
	s := compiled(t, "Exemption")
	for _, name := range []string{"bare-pod", "pod-security/hostPathVolumes", "a-rule-of-ours"} {
		assert.NoError(t, s.Validate(instance(t, exempt(name))), name)
	}
}

func TestConfigurationsAreValid(t *testing.T) {
	s := compiled(t, ".taffrail.yaml")
	for _, text := range []string{
		"# nothing\n",
		"guardrails: guardrails\ninputs: [deploy]\nexclude: [vendor]\nnamespace: shop\nnamespaceLabels: {a: b}\noutput: [text, sarif=x.sarif]\nfailOn: warn\n",
	} {
		assert.NoError(t, s.Validate(instance(t, text)))
	}
}
