package registration

import (
	"cmp"
	"context"
	"encoding/json"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/plugin/cel"
	"k8s.io/apiserver/pkg/admission/plugin/webhook/matchconditions"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/cel/environment"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/workload"
)

// sample is a fixture of a check or a default: a request, and the parameters that it is about.
type sample struct {
	name, of        string
	request         admissionv1.AdmissionRequest
	params          []byte
	namespaceLabels map[string]string
}

// samples are the fixtures of a catalogue.
func samples(tb testing.TB, fixtures fs.FS) (all []sample) {
	tb.Helper()
	files, err := fs.Glob(fixtures, "testdata/*/*.yaml")
	require.NoError(tb, err)
	for _, file := range files {
		if base := path.Base(file); base == "mistakes.yaml" || strings.HasPrefix(base, "old-") || strings.Contains(file, "/sets/") {
			continue
		}
		all = append(all, readSample(tb, fixtures, file))
	}
	return all
}

// readSample reads the comments at the beginning of a fixture as the tests of the catalogue do.
func readSample(tb testing.TB, fixtures fs.FS, file string) sample {
	tb.Helper()
	text, err := fs.ReadFile(fixtures, file)
	require.NoError(tb, err)
	s := sample{name: strings.TrimPrefix(file, "testdata/"), of: path.Base(path.Dir(file))}
	s.request = requestFor(tb, toJSON(tb, text))
	r := &s.request
	for line := range strings.Lines(string(text)) {
		comment, isComment := strings.CutPrefix(strings.TrimSpace(line), "# ")
		if !isComment {
			continue
		}
		switch directive, value, _ := strings.Cut(comment, ": "); directive {
		case "params":
			s.params = toJSON(tb, []byte(value))
		case "operation":
			r.Operation = admissionv1.Operation(value)
		case "old":
			old, err := fs.ReadFile(fixtures, path.Join(path.Dir(file), value))
			require.NoError(tb, err)
			r.OldObject.Raw = toJSON(tb, old)
		case "subresource":
			r.SubResource = value
		case "user":
			require.NoError(tb, yaml.Unmarshal([]byte(value), &r.UserInfo))
		case "namespace-labels":
			require.NoError(tb, yaml.Unmarshal([]byte(value), &s.namespaceLabels))
		}
	}
	if r.Operation == admissionv1.Delete {
		r.Object, r.OldObject = r.OldObject, r.Object
	}
	return s
}

func toJSON(tb testing.TB, text []byte) []byte {
	tb.Helper()
	raw, err := yaml.YAMLToJSON(text)
	require.NoError(tb, err)
	return raw
}

// requestFor is the creation of an object.
func requestFor(tb testing.TB, object []byte) admissionv1.AdmissionRequest {
	tb.Helper()
	var meta metav1.PartialObjectMetadata
	require.NoError(tb, json.Unmarshal(object, &meta))
	gvk := meta.GroupVersionKind()
	resource, namespaced := workload.ResourceFor(gvk)
	request := admissionv1.AdmissionRequest{
		UID: "u", Kind: metav1.GroupVersionKind(gvk), Resource: metav1.GroupVersionResource(resource), Name: meta.Name,
		Operation: admissionv1.Create, Object: runtime.RawExtension{Raw: object},
	}
	if namespaced {
		request.Namespace = cmp.Or(meta.Namespace, "shop")
	}
	return request
}

// entry is a webhook as an API server evaluates it.
type entry struct {
	name    string
	rules   []admissionregistrationv1.RuleWithOperations
	matcher matchconditions.Matcher
}

// entries are the webhooks of a configuration with those of their match conditions that a name
// stands for; all of them without one.
func entries(configuration *admissionregistrationv1.ValidatingWebhookConfiguration, condition string) (all []entry) {
	for i := range configuration.Webhooks {
		w := &configuration.Webhooks[i]
		evaluator := compiler.CompileCondition(expressionsOf(w, condition), cel.OptionalVariableDeclarations{HasAuthorizer: true}, environment.StoredExpressions)
		all = append(all, entry{w.Name, w.Rules, matchconditions.NewMatcher(evaluator, w.FailurePolicy, "webhook", "validating", w.Name)})
	}
	return all
}

var compiler = cel.NewConditionCompiler(environment.MustBaseEnvSet(environment.DefaultCompatibilityVersion()))

// named tells whether a rule names what a request is of.
func (e *entry) named(r *admissionv1.AdmissionRequest) bool {
	either := func(patterns []string, value string) bool {
		return slices.Contains(patterns, "*") || slices.Contains(patterns, value)
	}
	what := r.Resource.Resource
	if r.SubResource != "" {
		what += "/" + r.SubResource
	}
	return slices.ContainsFunc(e.rules, func(rule admissionregistrationv1.RuleWithOperations) bool {
		return slices.Contains(rule.Operations, admissionregistrationv1.OperationType(r.Operation)) &&
			either(rule.APIGroups, r.Resource.Group) && either(rule.APIVersions, r.Resource.Version) &&
			slices.ContainsFunc(rule.Resources, func(pattern string) bool {
				return pattern == what || pattern == "*/*" || pattern == "*" && r.SubResource == ""
			})
	})
}

// takes tells whether the match conditions let a request come, as an API server evaluates them. The
// error is what the request would be refused for.
func (e *entry) takes(review *workload.Review, r *admissionv1.AdmissionRequest) (bool, error) {
	object, old := asRuntime(review.Object), asRuntime(review.OldObject)
	attributes := admission.NewAttributesRecord(object, old, schema.GroupVersionKind(r.Kind), r.Namespace, r.Name,
		schema.GroupVersionResource(r.Resource), r.SubResource, admission.Operation(r.Operation), nil, false,
		&user.DefaultInfo{Name: r.UserInfo.Username, Groups: r.UserInfo.Groups})
	versioned := &admission.VersionedAttributes{Attributes: attributes, VersionedKind: schema.GroupVersionKind(r.Kind)}
	versioned.VersionedObject.Set(object)
	versioned.VersionedOldObject.Set(old)
	result := e.matcher.Match(context.Background(), versioned, nil, nil)
	return result.Matches, result.Error
}

func asRuntime(object workload.Object) runtime.Object {
	if object == nil {
		return nil
	}
	return object.(runtime.Object)
}

func ofFiles(tb testing.TB, pattern string) []string {
	tb.Helper()
	files, err := filepath.Glob(pattern)
	require.NoError(tb, err)
	require.NotEmpty(tb, files)
	return files
}
