package guardrail

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/images"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// TestExceptHoldsForEveryCheckOfPods: with all containers excepted, a check of Pods finds nothing in
// an object that it finds fault with; with one container left, what it finds of the Pod stays. Any
// other check refuses to be written with except: it would take no notice of it.
func TestExceptHoldsForEveryCheckOfPods(t *testing.T) {
	for _, v := range ofOneObject() {
		t.Run(v.Name, func(t *testing.T) {
			seen := 0
			eachFailure(t, v.Name, func(file string, params, object []byte) {
				r := creationOf(t, object)
				if r == nil {
					return
				}
				found := decided(t, checking(t, v.Name, params, nil), r).Findings
				inPods := 0
				for _, f := range found {
					if r.Pod != nil && (f.Container.Container != nil || f.Path.Within(r.Pod.SpecPath())) {
						inPods++
					}
				}
				if !v.OfPods() && !ofMore[v.Name] {
					assert.Zero(t, inPods, "%s: finds fault with a Pod, and has no except", file)
				}
				if !v.OfPods() || r.Pod == nil || r.Pod.Len() == 0 || len(found) == 0 {
					return
				}
				seen++
				excepted, possible := patternsOf(r.Pod)
				if !possible {
					return
				}
				all := checking(t, v.Name, params, excepted)
				assert.Empty(t, whatIsFound(decided(t, all, creationOf(t, object)).Findings), file)
				none := checking(t, v.Name, params, []string{"registry.example.com/nobody/runs:this"})
				assert.Equal(t, whatIsFound(found), whatIsFound(decided(t, none, creationOf(t, object)).Findings), file)
			})
			if v.OfPods() {
				assert.NotZero(t, seen, "no fixture shows what except does")
				return
			}
			guardrail := excepting(v.Name, nil, []string{"nginx"})
			raw, err := json.Marshal(guardrail)
			require.NoError(t, err)
			want := fmt.Sprintf(`Guardrail "g": spec.validators[0].except: Forbidden: must not be set: %s does not look at containers, so it would except nothing`, v.Name)
			assert.Contains(t, errorTexts((*Set)(nil).Check(raw)), want)
		})
	}
}

// ofMore are the checks that look at Pods and at something else, for which no image answers:
// PersistentVolumeClaims, of which a Pod may hold templates, and the ports of Services.
var ofMore = map[string]bool{"pvc-size": true, "read-write-once-pod": true, "storage-class": true, "invalid-target-ports": true}

// TestAStoredExceptThatIsIgnoredHasNoEffect: the Guardrail stays in force without it, and says so.
func TestAStoredExceptThatIsIgnoredHasNoEffect(t *testing.T) {
	set, report := NewCompiler(Options{}).Compile(Objects{Guardrails: []v1alpha1.Guardrail{excepting("min-replicas", nil, []string{"nginx"})}})
	outcome := report.Guardrails["g"]
	require.NoError(t, outcome.Err)
	assert.Equal(t, 1, outcome.Validators)
	assert.Equal(t, []string{
		"spec.validators[0].except: Forbidden: must not be set: min-replicas does not look at containers, so it would except nothing: has no effect",
	}, errorTexts(outcome.Notices))
	assert.Len(t, evaluated(t, set, request{object: replicas(1)}), 1)
}

func TestAPodIsSparedWhenAllItsContainersAreExcepted(t *testing.T) {
	set := checking(t, "pod-security", nil, []string{"mesh/proxy:*"})
	pod := func(containers ...string) string {
		return "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {hostNetwork: true, containers: [" + strings.Join(containers, ", ") + "]}}"
	}
	const proxy, web = "{name: proxy, image: 'mesh/proxy:1'}", "{name: web, image: 'web:1'}"
	assert.Empty(t, evaluated(t, set, request{object: pod(proxy)}))
	assert.Len(t, evaluated(t, set, request{object: pod(proxy, web)}), 1)
	assert.Len(t, evaluated(t, set, request{object: pod()}), 1, "no container is none that is excepted")
	// A container that comes later has the Pod evaluated for the first time.
	found := evaluated(t, set, request{operation: "UPDATE", old: pod(proxy), object: pod(proxy, web)})
	require.Len(t, found, 1)
	assert.Contains(t, found[0], "Deny pod-security: spec.hostNetwork")
}

// excepting is a Guardrail of one check that excepts images.
func excepting(name string, params []byte, images []string) v1alpha1.Guardrail {
	v := v1alpha1.Validator{Name: name}
	if params != nil {
		v.Params = &runtime.RawExtension{Raw: params}
	}
	if images != nil {
		v.Except = &v1alpha1.Except{Images: images}
	}
	g := v1alpha1.Guardrail{Spec: v1alpha1.GuardrailSpec{Validators: []v1alpha1.Validator{v}}}
	g.APIVersion, g.Kind, g.Name = v1alpha1.GroupVersion.String(), "Guardrail", "g"
	return g
}

func checking(t *testing.T, name string, params []byte, images []string) *Set {
	t.Helper()
	set, err := Compile(Objects{Guardrails: []v1alpha1.Guardrail{excepting(name, params, images)}}, Options{})
	require.NoError(t, err)
	return set
}

// patternsOf are patterns that match the images of a Pod. There are none for what is no reference.
func patternsOf(pod *workload.Pod) (all []string, possible bool) {
	for c := range pod.AllContainers() {
		if _, err := images.ParsePattern(c.Image); err != nil {
			return nil, false
		}
		all = append(all, c.Image)
	}
	return all, true
}

// eachFailure yields the fixtures of a check that it finds fault with at their creation, each with
// its parameters.
func eachFailure(t *testing.T, name string, yield func(file string, params, object []byte)) {
	t.Helper()
	files, err := validators.Fixtures.ReadDir(path.Join("testdata", name))
	require.NoError(t, err)
	for _, file := range files {
		text, err := validators.Fixtures.ReadFile(path.Join("testdata", name, file.Name()))
		require.NoError(t, err)
		if !strings.HasPrefix(file.Name(), "fail-") || strings.Contains(string(text), "# operation: ") || strings.Contains(string(text), "# request-kind: ") {
			continue
		}
		var params []byte
		for line := range strings.Lines(string(text)) {
			if value, found := strings.CutPrefix(line, "# params: "); found {
				params, err = yaml.YAMLToJSON([]byte(value))
				require.NoError(t, err)
			}
		}
		object, err := yaml.YAMLToJSON(text)
		require.NoError(t, err)
		yield(file.Name(), params, object)
	}
}

// creationOf is the review of the creation of an object, or nil for a kind that has none.
func creationOf(t *testing.T, object []byte) *workload.Review {
	t.Helper()
	var head metav1.PartialObjectMetadata
	require.NoError(t, json.Unmarshal(object, &head))
	r := orNil(reviewOf(head.GroupVersionKind(), object, nil))
	if r != nil && head.Namespace != "" {
		r.Namespace = head.Namespace
	}
	return r
}
