package guardrail

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	admissionv1 "k8s.io/api/admission/v1"
)

// formerPatterns are two that an earlier version took, with one that still is one between them.
const formerPatterns = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec:
  validators:
  - name: image-latest-tag
    except: {images: ["registry.example.com*", "docker.io/library/redis*", "docker.io/istio*"]}
`

var formerMistakes = []string{
	`spec.validators[0].except.images[0]: Invalid value: "registry.example.com*": must name an image: ` +
		`this is a registry, or the beginning of one; write registry.example.com/*`,
	`spec.validators[0].except.images[2]: Invalid value: "docker.io/istio*": must say which images of docker.io; ` +
		`write docker.io/istio/*, or docker.io/library/istio*`,
}

func TestAPatternOfAnEarlierVersionIsRefusedAtApplyAndInFiles(t *testing.T) {
	objects, err := Parse("test", []byte(formerPatterns))
	require.NoError(t, err)
	var want []string
	for _, mistake := range formerMistakes {
		want = append(want, `Guardrail "g": `+mistake)
	}
	_, err = Compile(objects, Options{})
	assert.Equal(t, want, errorTexts(flatten(err)))
	assert.Equal(t, want, errorTexts(compiled(t, Options{}, "").Check([]byte(formerPatterns))))
}

func TestAStoredPatternOfAnEarlierVersionCountsForWhatIsWrittenAlone(t *testing.T) {
	objects, err := Parse("test", []byte(formerPatterns))
	require.NoError(t, err)
	compiler := NewCompiler(Options{})
	for range 2 { // compiled, and remembered
		set, report := compiler.Compile(objects)
		outcome := report.Guardrails["g"]
		require.NoError(t, outcome.Err, "the Guardrail must stay in force")
		assert.Equal(t, 1, outcome.Validators)
		var want []string
		for _, mistake := range formerMistakes {
			want = append(want, mistake+": counts for what is written there alone")
		}
		assert.Equal(t, want, errorTexts(outcome.Notices))

		for image, excepted := range map[string]bool{
			"redis":                             true,
			"registry.example.com.evil.net/web": false,
			"registry.example.com/web":          false,
			"registry.example.com*":             true, // which no runtime pulls
			"istio/proxyv2":                     false,
		} {
			pod := `{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop}, spec: {containers: [{name: web, image: "` + image + `"}]}}`
			assert.Equal(t, excepted, len(evaluated(t, set, request{object: pod})) == 0, image)
		}
	}
}

func TestAnImageByAnotherNameIsExceptedAlike(t *testing.T) {
	set := compiled(t, Options{}, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {validators: [{name: image-digest-required, except: {images: ["index.docker.io/library/redis:7*", "Registry.example.com:443/mesh/proxy*"]}}]}
`)
	for image, excepted := range map[string]bool{
		"redis:7.2":         true,
		"docker.io/redis:7": true,
		"registry-1.docker.io:443/library/redis:7": true,
		"registry.example.com/mesh/proxyv2:1":      true,
		"REGISTRY.example.com:0443/mesh/proxyv2:1": true,
		"redis:6":                                  false,
		"acme/redis:7":                             false,
		"registry.example.com./mesh/proxy:1":       false,
		"registry.example.com:5000/mesh/proxy:1":   false,
		"registry.example.com.evil.net/mesh/proxy": false,
	} {
		pod := `{apiVersion: v1, kind: Pod, metadata: {name: p, namespace: shop}, spec: {containers: [{name: web, image: "` + image + `"}]}}`
		assert.Equal(t, excepted, len(evaluated(t, set, request{object: pod})) == 0, image)
	}
}

func errorTexts(errs []error) (texts []string) {
	for _, err := range errs {
		texts = append(texts, err.Error())
	}
	return texts
}

func TestExcept(t *testing.T) {
	set := func(except string) *Set {
		return compiled(t, Options{}, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {validators: [{name: image-latest-tag, except: `+except+`}]}
`)
	}
	assert.Empty(t, evaluated(t, set(`{images: [nginx]}`), request{object: nginxPod}))
	assert.Empty(t, evaluated(t, set(`{images: ["ngi*"], containers: [web]}`), request{object: nginxPod}))
	assert.Equal(t, []string{nginxDenied}, evaluated(t, set(`{images: [ngin]}`), request{object: nginxPod}))
	assert.Equal(t, []string{nginxDenied}, evaluated(t, set(`{images: [nginx], containers: [proxy]}`), request{object: nginxPod}))
}

func TestWhatWasExceptedIsNew(t *testing.T) {
	set := compiled(t, Options{}, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {validators: [{name: pod-security, params: {level: baseline}, except: {images: ["mesh/proxy*"]}}]}
`)
	pod := func(image string) string {
		return "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: '" + image + "', securityContext: {privileged: true}}]}"
	}
	assert.Empty(t, evaluated(t, set, request{object: pod("mesh/proxy:1")}))
	found := evaluated(t, set, request{operation: admissionv1.Update, old: pod("mesh/proxy:1"), object: pod("evil:1")})
	require.Len(t, found, 1)
	assert.Contains(t, found[0], "Deny pod-security: spec.containers[0].securityContext.privileged")
}
