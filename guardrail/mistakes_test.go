package guardrail

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/mutators"
	"taffrail.dev/taffrail/validators"
)

// TestMistakesAreToldInWordsOfYAML: where, and what must be there; all at once.
func TestMistakesAreToldInWordsOfYAML(t *testing.T) {
	_, err := Parse("g.yaml", []byte(`
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g, lables: {a: b}}
spec:
  matches: {}
  exemptions: {allowed: maybe, maxDuration: 5}
  validators:
  - {name: deprecated-api, params: {targetVersion: 1.30}}
  - {name: required-labels, action: Refuse, params: {labels: [{ky: team}, {key: 5}], kinds: Pod}}
  - {name: min-replicas, params: {min: "2", maxx: 3}}
  - {name: disallow-latest-tag}
  rules: {a: b}
`))
	assert.Equal(t, []string{
		`g.yaml, document 1: unknown field "metadata.lables"; the fields are: name, generateName, namespace, selfLink, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp, deletionGracePeriodSeconds, labels, annotations, ownerReferences, finalizers, managedFields; did you mean "labels"?`,
		`g.yaml, document 1: unknown field "spec.matches"; the fields are: match, mutators, validators, rules, mutations, exemptions, namespaceOverrides; did you mean "match"?`,
		`g.yaml, document 1: spec.exemptions.allowed: must be true or false, is "maybe"`,
		`g.yaml, document 1: spec.exemptions.maxDuration: must be a duration, such as 720h`,
		`g.yaml, document 1: spec.rules: must be a list, is a mapping`,
		`g.yaml, document 1: Guardrail "g": spec.validators[0].params.targetVersion: must be a string: write "1.30" with quotes`,
		`g.yaml, document 1: Guardrail "g": spec.validators[1].action: Unsupported value: "Refuse": supported values: "Deny", "Warn", "Audit"`,
		`g.yaml, document 1: Guardrail "g": spec.validators[1].params: Invalid value: unknown field "labels[0].ky"; the fields are: key, pattern, allowed; did you mean "key"?`,
		`g.yaml, document 1: Guardrail "g": spec.validators[1].params.kinds: must be a list, is "Pod"`,
		`g.yaml, document 1: Guardrail "g": spec.validators[1].params.labels[1].key: must be a string: write "5" with quotes`,
		`g.yaml, document 1: Guardrail "g": spec.validators[2].params: Invalid value: unknown field "maxx"; the parameters are: min, max, allowZero, ranges; did you mean "max"?`,
		`g.yaml, document 1: Guardrail "g": spec.validators[2].params.min: must be an integer, is "2"`,
		`g.yaml, document 1: Guardrail "g": spec.validators[3].name: Invalid value: "disallow-latest-tag": must be a name of the catalogue; did you mean "image-latest-tag" for what Kyverno calls so?`,
	}, errorTexts(flatten(err)))
}

// TestAnUnknownParameterHidesNoOtherMistake: whoever writes it is told all that is wrong.
func TestAnUnknownParameterHidesNoOtherMistake(t *testing.T) {
	texts := errorTexts((*Set)(nil).Check([]byte(`{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: g}, spec: {validatorz: [],
		validators: [{name: pod-security, params: {leval: restricted, version: "1.30", exclude: [nothing]}}]}}`)))
	require.Len(t, texts, 4)
	assert.Contains(t, texts[0], `unknown field "spec.validatorz"`)
	assert.Contains(t, texts[1], `unknown field "leval"; the parameters are: level, version, exclude, controls, defaults, exemptions; did you mean "level"?`)
	assert.Contains(t, texts[2], `params.version: Invalid value: "1.30"`)
	assert.Contains(t, texts[3], `params.exclude[0]: Unsupported value: "nothing"`)
}

// typesOfGo are names that mean nothing to whoever writes a Guardrail.
var typesOfGo = regexp.MustCompile(`\bGo\b|unmarshal|json:|int64|float64|\[\]|map\[|struct|v1alpha1\.|validators\.|interface`)

// TestNoTypeOfGoReachesAPerson: every parameter of every check and default is given a value of each
// wrong type.
func TestNoTypeOfGoReachesAPerson(t *testing.T) {
	values := []string{`5`, `1.30`, `true`, `text`, `[5, {a: b}]`, `[[text]]`, `{a: {b: c}}`, `{a: [5]}`}
	tried := 0
	hold := func(list, name string, parameters []params.Parameter) {
		for _, p := range parameters {
			for _, value := range values {
				document := `{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: g}, spec: {` + list + `: [{name: ` + name + `, params: {` + p.Name + `: ` + value + `}}]}}`
				for _, text := range errorTexts((*Set)(nil).Check([]byte(document))) {
					tried++
					assert.NotRegexp(t, typesOfGo, strings.ReplaceAll(text, p.Name, ""), "%s %s: %s", name, p.Name, value)
				}
			}
		}
	}
	for _, v := range validators.All() {
		hold("validators", v.Name, params.Describe(v.New))
	}
	for _, m := range mutators.All() {
		hold("mutators", m.Name, params.Describe(m.New))
	}
	assert.Greater(t, tried, 500)
}

// TestANameOfAPeerLeadsToOurs: for every name that another tool has for a check or a default.
func TestANameOfAPeerLeadsToOurs(t *testing.T) {
	tried := 0
	for _, list := range []struct {
		field, other string
		entries      []entry
	}{{"validators", "mutators", checksByName()}, {"mutators", "validators", defaultsByName()}} {
		for _, e := range list.entries {
			for _, r := range e.references {
				_, check := validators.Find(r.ID)
				_, mutator := mutators.Find(r.ID)
				if check || mutator || !slices.Contains(peers, r.Source) {
					continue
				}
				tried++
				for _, in := range []string{list.field, list.other} {
					text := strings.Join(errorTexts((*Set)(nil).Check([]byte(`{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: g}, spec: {`+in+`: [{name: "`+r.ID+`"}]}}`))), "\n")
					assert.Contains(t, text, "did you mean ", r.ID)
				}
			}
		}
	}
	assert.Greater(t, tried, 200)
	assert.Equal(t, `"image-latest-tag" for what Gatekeeper calls so`, meant("k8sdisallowedtags", checksByName()))
	assert.Equal(t, `"liveness-probe" or "readiness-probe" for what Kyverno calls so`, meant("require-probes", checksByName()))
	assert.Equal(t, `"image-latest-tag"`, meant("Image_Latest_Tag", checksByName()))
	assert.Equal(t, `"pod-security" with params: {level: restricted, controls: [hostPathVolumes]}`, meant("pod-security/hostPathVolumes", checksByName()))
}

func TestNumbersAreShownAsTheyAreWritten(t *testing.T) {
	for written, want := range map[string]string{
		"a: 1.30":            `{"a":1.30}`,
		"a: 1.3":             `{"a":1.3}`,
		`{"a": 1.300}`:       `{"a":1.300}`,
		"a: 1.3\nb: 1.30":    `{"a":1.3,"b":1.30}`,
		`a: '"b":1.3'`:       `{"a":"\"b\":1.3"}`,
		"a: 13\nb: \"1.30\"": `{"a":13,"b":"1.30"}`,
	} {
		raw, err := yaml.YAMLToJSON([]byte(written))
		require.NoError(t, err)
		assert.Equal(t, want, string(AsWritten(raw, []byte(written))))
	}
}

// TestWhatEndsAsAPatternIsToldItsSpelling: a trailing /, /* or * where a list has none.
func TestWhatEndsAsAPatternIsToldItsSpelling(t *testing.T) {
	for _, test := range []struct{ validator, want string }{
		{`image-registry-allowed, params: {allowed: [registry.example.com/]}`, `; write registry.example.com/*`},
		{`image-registry-allowed, params: {allowed: ["registry.example.com*"]}`, `; write registry.example.com/*`},
		{`image-registry-denied, params: {denied: [ghcr.io/acme/]}`, `; write ghcr.io/acme`},
		{`image-latest-tag, except: {images: [registry.example.com/]}`, `; write registry.example.com/*`},
		{`image-latest-tag, except: {images: [registry.example.com/mesh/]}`, `; write registry.example.com/mesh/*`},
		{`image-latest-tag, except: {images: [mesh/]}`, `; write mesh/*`},
		{`storage-class, params: {allowed: ["fast*"]}`, `; write fast`},
		{`runtime-class, params: {allowed: [gvisor/]}`, `; write gvisor`},
		{`ingress-hosts, params: {allowed: ["shop.example.com/*"]}`, `; write shop.example.com`},
		{`service-external-name, params: {allowed: ["db.example.com/"]}`, `; write db.example.com`},
		{`priority-class, params: {allowed: ["batch/*"]}`, `; write batch`},
		{`pod-exec, params: {namespaces: ["team/"]}`, `; write team`},
		{`volume-types, params: {allowed: ["secret*"]}`, `; write secret`},
	} {
		texts := errorTexts((*Set)(nil).Check([]byte(`{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: g}, spec: {validators: [{name: ` + test.validator + `}]}}`)))
		if assert.Len(t, texts, 1, test.validator) {
			assert.True(t, strings.HasSuffix(texts[0], test.want), texts[0])
		}
	}
	// Without it, it would be no address either.
	assert.NotContains(t, strings.Join(errorTexts((*Set)(nil).Check([]byte(`{apiVersion: taffrail.dev/v1alpha1, kind: Guardrail, metadata: {name: g},
		spec: {validators: [{name: service-external-ips, params: {allowedIPs: ["10.*"]}}]}}`))), ""), "write")
}
