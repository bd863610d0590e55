package validators

import (
	"bytes"
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var update = flag.Bool("update", false, "write what is found into the fixtures")

// TestCatalogue holds what is true of every check.
func TestCatalogue(t *testing.T) {
	for _, v := range All() {
		t.Run(v.Name, func(t *testing.T) {
			assert.FileExists(t, strings.ReplaceAll(v.Name, "-", "_")+".go")
			assert.Regexp(t, `^[A-Z][^\n]*[^.]$|^[a-z][^\n]*[^.]$`, v.Summary)
			assert.NotEmpty(t, strings.TrimSpace(v.Doc))
			assert.Contains(t, []Severity{Low, Medium, High, Critical}, v.Severity)
			assert.NotEqual(t, v.OverSet != nil, len(v.Resources) > 0, "a webhook has no rule for what needs all objects")
			for _, r := range v.Resources {
				assert.NotEmpty(t, r.Resource)
				assert.NotEmpty(t, r.Operations)
			}
			for _, p := range params.Describe(v.New) {
				assert.NotEmpty(t, p.Name)
				assert.NotEmpty(t, p.Doc, p.Name)
			}
			_, err := v.New(decoder(`{"no-such-parameter": 1}`))
			assert.Error(t, err, "parameters are decoded strictly")
		})
	}
}

// TestFixtures evaluates the objects in testdata: a folder for each check, with
// files pass-*.yaml and fail-*.yaml that kubectl would apply. Comments at their
// beginning say how they are evaluated, and all that is found:
//
//	# params: {tags: [latest]}
//	# operation: UPDATE
//	# old: old-deployment.yaml
//	# subresource: ephemeralcontainers
//	# options: {apiVersion: v1, kind: PodExecOptions, container: web, command: [sh]}
//	# request-kind: {apiVersion: extensions/v1beta1, kind: Deployment}
//	# user: {username: jane, groups: [ops]}
//	# namespace-labels: {team: shop}
//	# api-server: what the API server says before it asks a webhook
//	# cluster: why an API server has mended it before it asks a webhook
//	# want: spec.containers[0].image: Invalid value: "nginx": must have …
//
// The object of a DELETE is the old one. What is sent on a CONNECT are the
// options; the object is the one that is connected to.
func TestFixtures(t *testing.T) {
	folders, err := filepath.Glob("testdata/*")
	require.NoError(t, err)
	for _, folder := range folders {
		if name := filepath.Base(folder); name != "fuzz" && name != "sets" {
			assert.Contains(t, registry.Names(), filepath.Base(folder), "a folder without a check")
		}
	}
	for _, v := range ofOneObject() {
		t.Run(v.Name, func(t *testing.T) {
			files, err := filepath.Glob(filepath.Join("testdata", v.Name, "*.yaml"))
			require.NoError(t, err)
			var seen coverage
			for _, file := range files {
				name := filepath.Base(file)
				if strings.HasPrefix(name, "old-") {
					continue
				}
				fails := strings.HasPrefix(name, "fail-")
				require.True(t, fails || strings.HasPrefix(name, "pass-"), "%s must begin with pass-, fail- or old-", file)
				t.Run(name, func(t *testing.T) {
					f := readFixture(t, file)
					findings := f.evaluate(t, v)
					assert.Equal(t, fails, len(findings) > 0, "found: %v", render(findings))
					f.compare(t, render(findings))
					seen.add(f, fails)
				})
			}
			seen.check(t, v)
		})
	}
}

// ofOneObject are the checks that evaluate one object at a time.
func ofOneObject() []Validator {
	return slices.DeleteFunc(All(), func(v Validator) bool { return v.OverSet != nil })
}

// coverage is what fixtures there are.
type coverage struct {
	passing, failing []fixture
}

func (c *coverage) add(f fixture, fails bool) {
	if fails {
		c.failing = append(c.failing, f)
	} else {
		c.passing = append(c.passing, f)
	}
}

// check asks for a passing and a failing fixture: of the check, of a template
// where templates are evaluated, and for each parameter.
func (c *coverage) check(t *testing.T, v Validator) {
	has := func(what string, is func(fixture) bool) {
		assert.True(t, slices.ContainsFunc(c.passing, is), "no passing fixture %s", what)
		assert.True(t, slices.ContainsFunc(c.failing, is), "no failing fixture %s", what)
	}
	has("at all", func(fixture) bool { return true })
	if slices.ContainsFunc(v.Resources, func(r Resource) bool {
		return r.Resource == "deployments" && slices.Contains(r.Operations, admissionv1.Create)
	}) {
		has("of a template", func(f fixture) bool {
			pod := f.review(t, f.object).Pod
			return pod != nil && pod.IsTemplate()
		})
	}
	for _, p := range params.Describe(v.New) {
		has("for the parameter "+p.Name, func(f fixture) bool {
			var given map[string]any
			require.NoError(t, json.Unmarshal(f.params, &given))
			_, set := given[p.Name]
			return set
		})
	}
}

// fixture is an object, how to evaluate it, and what is to be found.
type fixture struct {
	file            string
	object, old     []byte // JSON
	params          []byte // JSON
	operation       admissionv1.Operation
	subresource     string
	options         []byte // JSON
	requestKind     *metav1.GroupVersionKind
	user            authenticationv1.UserInfo
	namespaceLabels map[string]string
	want            []string
	body            []string // the lines that are not want
}

func readFixture(t testing.TB, file string) fixture {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	f := fixture{file: file, params: []byte("{}"), operation: admissionv1.Create}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSuffix(line, "\n")
		comment, isComment := strings.CutPrefix(line, "# ")
		directive, value, _ := strings.Cut(comment, ": ")
		if isComment && directive == "want" {
			f.want = append(f.want, value)
			continue
		}
		f.body = append(f.body, line)
		if !isComment {
			continue
		}
		switch directive {
		case "params":
			f.params, err = yaml.YAMLToJSON([]byte(value))
			require.NoError(t, err)
		case "operation":
			f.operation = admissionv1.Operation(value)
		case "old":
			f.old = readObject(t, filepath.Join(filepath.Dir(file), value))
		case "subresource":
			f.subresource = value
		case "options":
			f.options, err = yaml.YAMLToJSON([]byte(value))
			require.NoError(t, err)
		case "request-kind":
			var sent metav1.TypeMeta
			require.NoError(t, yaml.UnmarshalStrict([]byte(value), &sent))
			f.requestKind = new(metav1.GroupVersionKind(sent.GroupVersionKind()))
		case "user":
			require.NoError(t, yaml.UnmarshalStrict([]byte(value), &f.user))
		case "namespace-labels":
			require.NoError(t, yaml.Unmarshal([]byte(value), &f.namespaceLabels))
		}
	}
	f.object = readObject(t, file)
	return f
}

func readObject(t testing.TB, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	object, err := yaml.YAMLToJSON(text)
	require.NoError(t, err)
	return object
}

// review is the fixture as the webhook would get it.
func (f fixture) review(t *testing.T, object []byte) *workload.Review {
	t.Helper()
	return reviewOf(t, object, func(r *admissionv1.AdmissionRequest) {
		r.Operation, r.SubResource, r.RequestKind, r.UserInfo = f.operation, f.subresource, f.requestKind, f.user
		r.OldObject = runtime.RawExtension{Raw: f.old}
		switch f.operation {
		case admissionv1.Delete:
			r.Object, r.OldObject = r.OldObject, r.Object
		case admissionv1.Connect:
			var sent metav1.TypeMeta
			require.NoError(t, json.Unmarshal(f.options, &sent))
			r.Kind, r.Object = metav1.GroupVersionKind(sent.GroupVersionKind()), runtime.RawExtension{Raw: f.options}
		}
	}, f.namespaceLabels)
}

func reviewOf(t testing.TB, object []byte, change func(*admissionv1.AdmissionRequest), namespaceLabels map[string]string) *workload.Review {
	t.Helper()
	var meta metav1.PartialObjectMetadata
	require.NoError(t, json.Unmarshal(object, &meta))
	gvk := schema.FromAPIVersionAndKind(meta.APIVersion, meta.Kind)
	resource, namespaced := workload.ResourceFor(gvk)
	request := &admissionv1.AdmissionRequest{
		Kind: metav1.GroupVersionKind(gvk), Resource: metav1.GroupVersionResource(resource),
		Name: meta.Name, Operation: admissionv1.Create, Object: runtime.RawExtension{Raw: object},
	}
	if namespaced {
		request.Namespace = cmp.Or(meta.Namespace, "shop")
	}
	if change != nil {
		change(request)
	}
	r, err := workload.NewReview(request)
	require.NoError(t, err)
	r.In(context.Background(), &workload.Cluster{Namespace: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: namespaceLabels}}, nil
	}})
	return r
}

// evaluate runs the check, and holds what is true of every finding.
func (f fixture) evaluate(t *testing.T, v Validator) []Finding {
	t.Helper()
	validate, err := v.New(decoder(string(f.params)))
	require.NoError(t, err)
	r := f.review(t, f.object)
	require.True(t, slices.ContainsFunc(v.Resources, func(resource Resource) bool { return resource.Matches(r) }),
		"the check does not look at %s", r.GroupResource())
	before := f.review(t, f.object)
	findings := validate(r)
	assert.Equal(t, before.Object, r.Object, "the check changed the object")
	assert.Equal(t, before.OldObject, r.OldObject, "the check changed the old object")
	if len(findings) == 0 && !underRace && v.Name != "pod-security" { // which has defaults, exclusions and labels to look at
		assert.Zero(t, testing.AllocsPerRun(10, func() { validate(r) }), "allocations where nothing is found")
	}
	for _, finding := range findings {
		assertWording(t, finding)
		if finding.Fix == nil {
			assert.False(t, finding.Safe, "what is not fixed is not fixed safely: %s", finding.Path)
			continue
		}
		if f.requestKind != nil {
			continue // what was sent is not the object, and the fix is for what was sent
		}
		mended := validate(f.review(t, apply(t, f.object, finding.Fix)))
		assert.Less(t, count(mended, finding), count(findings, finding), "the fix does not mend %s", finding.Path)
		assert.NotContains(t, Kept(findings, mended), false, "the fix of %s causes another finding", finding.Path)
	}
	return findings
}

var wording = regexp.MustCompile(`^must [^A-Z.]`)

func assertWording(t testing.TB, f Finding) {
	t.Helper()
	assert.Regexp(t, wording, f.Detail)
	assert.False(t, strings.HasSuffix(f.Detail, "."), "full stop: %s", f.Detail)
	assert.LessOrEqual(t, len(f.Detail), 120, f.Detail)
	assert.NotEmpty(t, f.Type)
	assert.NotNil(t, f.Path)
}

func apply(t testing.TB, object []byte, fix []workload.Operation) []byte {
	t.Helper()
	document, err := workload.EncodePatch(fix)
	require.NoError(t, err)
	patch, err := jsonpatch.DecodePatch(document)
	require.NoError(t, err)
	patched, err := patch.Apply(object)
	require.NoError(t, err, "%s", document)
	return patched
}

// count is how many of the findings are like another one.
func count(findings []Finding, like Finding) (n int) {
	same := func(f *Finding) string { return fmt.Sprint(f.key(), f.Value, fingerprint(f.parts())) }
	for i := range findings {
		if same(&findings[i]) == same(&like) {
			n++
		}
	}
	return n
}

// render writes findings as they are expected in fixtures.
func render(findings []Finding) (lines []string) {
	for _, f := range findings {
		line := fmt.Sprintf("%s: %s", f.Path, f.Message())
		if f.Action != "" {
			line = fmt.Sprintf("[%s] %s", f.Action, line)
		}
		lines = append(lines, line)
	}
	return lines
}

// compare compares what was found with the fixture, or writes it there.
func (f fixture) compare(t *testing.T, found []string) {
	t.Helper()
	if !*update {
		assert.Equal(t, f.want, found)
		return
	}
	var out bytes.Buffer
	written := false
	for _, line := range f.body {
		if !written && !strings.HasPrefix(line, "#") {
			for _, want := range found {
				fmt.Fprintf(&out, "# want: %s\n", want)
			}
			written = true
		}
		fmt.Fprintln(&out, line)
	}
	require.NoError(t, os.WriteFile(f.file, out.Bytes(), 0o644))
}

// params decodes parameters as strictly as a Guardrail's are.
func decoder(text string) params.Decode {
	return func(into any) error {
		return json.Unmarshal([]byte(text), into, json.RejectUnknownMembers(true))
	}
}

// construct makes a check of parameters in YAML.
func construct(t testing.TB, name, yamlParams string) (Validate, error) {
	t.Helper()
	text, err := yaml.YAMLToJSON([]byte(yamlParams))
	require.NoError(t, err)
	return named(t, name).New(decoder(string(text)))
}

// named is the check of a name.
func named(t testing.TB, name string) Validator {
	t.Helper()
	v, found := Find(name)
	require.True(t, found, name)
	return v
}
