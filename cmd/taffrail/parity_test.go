package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/admission"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/report"
	"taffrail.dev/taffrail/internal/workload"
)

// TestCheckSaysWhatAClusterSays: `taffrail check` of a directory with Guardrails
// and Exemptions comes to the same verdict on each fixture of the catalogue as
// the Set that a cluster with the same objects has.
func TestCheckSaysWhatAClusterSays(t *testing.T) {
	files, err := filepath.Glob("../../validators/testdata/*/*.yaml")
	require.NoError(t, err)
	evaluated, exempt, found := 0, 0, 0
	for _, file := range files {
		f := readParityFixture(t, file)
		if f == nil {
			continue
		}
		evaluated++
		for _, exempted := range []bool{false, true} {
			if exempted && f.namespace == "" {
				continue
			}
			objects := f.guardrails(exempted)
			want, letThrough := f.inCluster(t, objects)
			assert.ElementsMatch(t, want, f.checked(t, objects), "%s, exempt: %t", file, exempted)
			found, exempt = found+len(want), exempt+letThrough
		}
	}
	t.Logf("%d fixtures, %d findings, %d exempt", evaluated, found, exempt)
	assert.Greater(t, evaluated, 100)
	assert.NotZero(t, found)
	assert.NotZero(t, exempt)
}

type parityFixture struct {
	check, file     string
	object          *manifest.Object
	namespace       string
	params          json.RawMessage
	namespaceLabels map[string]string
}

// readParityFixture reads a fixture, or nil for one that `check` cannot evaluate:
// it evaluates creations, by nobody in particular, as they are written.
func readParityFixture(t *testing.T, file string) *parityFixture {
	t.Helper()
	if strings.HasPrefix(filepath.Base(file), "old-") {
		return nil
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	f := &parityFixture{check: filepath.Base(filepath.Dir(file)), file: file}
	for line := range strings.Lines(string(text)) {
		directive, value, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "# "), ": ")
		if !strings.HasPrefix(line, "# ") {
			continue
		}
		switch directive {
		case "operation", "old", "subresource", "options", "request-kind", "user":
			return nil
		case "params":
			f.params, err = yaml.YAMLToJSON([]byte(value))
		case "namespace-labels":
			err = yaml.Unmarshal([]byte(value), &f.namespaceLabels)
		}
		require.NoError(t, err, file)
	}
	input := manifest.Read(nil, file)
	require.Empty(t, input.Errors, file)
	require.Len(t, input.Objects, 1, file)
	f.object = input.Objects[0]
	_, namespaced := workload.ResourceFor(f.object.GroupVersionKind())
	f.namespace = admission.Namespace(f.object, namespaced)
	return f
}

func (f *parityFixture) guardrails(exempted bool) guardrail.Objects {
	validator := v1alpha1.Validator{Name: f.check}
	if f.params != nil {
		validator.Params = &runtime.RawExtension{Raw: f.params}
	}
	objects := guardrail.Objects{Guardrails: []v1alpha1.Guardrail{{
		TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Guardrail"},
		ObjectMeta: metav1.ObjectMeta{Name: "parity"},
		Spec:       v1alpha1.GuardrailSpec{Validators: []v1alpha1.Validator{validator}},
	}}}
	if exempted {
		objects.Exemptions = []v1alpha1.Exemption{{
			TypeMeta:   metav1.TypeMeta{APIVersion: v1alpha1.GroupVersion.String(), Kind: "Exemption"},
			ObjectMeta: metav1.ObjectMeta{Name: "parity", Namespace: f.namespace},
			Spec: v1alpha1.ExemptionSpec{
				Validators: []string{f.check}, Reason: "a test", Owner: "me",
				Expires: time.Now().Add(30 * 24 * time.Hour).UTC().Format(time.RFC3339),
			},
		}}
	}
	return objects
}

// inCluster are the findings of a set as a cluster has it, and how many are let through.
func (f *parityFixture) inCluster(t *testing.T, objects guardrail.Objects) (lines []string, exempt int) {
	t.Helper()
	for i := range objects.Exemptions {
		objects.Exemptions[i].CreationTimestamp = metav1.Now()
	}
	set, compiled := guardrail.NewCompiler(guardrail.Options{Cluster: workload.Cluster{Namespace: f.lookUp}}).Compile(objects)
	require.NoError(t, compiled.Guardrails["parity"].Err, f.file)
	review, err := workload.NewReview(admission.Create(f.object))
	require.NoError(t, err, f.file)
	d, err := set.Validate(context.Background(), review)
	require.NoError(t, err, f.file)
	for _, found := range d.Findings {
		lines = append(lines, fmt.Sprintf("%s %s: %s: %s", found.Action, found.Validator, found.Path, report.MessageOf(found)))
	}
	return lines, len(d.Exempted)
}

func (f *parityFixture) lookUp(_ context.Context, name string) (*metav1.PartialObjectMetadata, error) {
	if f.namespaceLabels == nil {
		return nil, nil
	}
	labels := map[string]string{corev1.LabelMetadataName: name}
	maps.Copy(labels, f.namespaceLabels)
	return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels}}, nil
}

// checked are the findings of `taffrail check`.
func (f *parityFixture) checked(t *testing.T, objects guardrail.Objects) (lines []string) {
	t.Helper()
	guardrails, input := t.TempDir(), []string{f.file}
	write := func(dir, name string, object any) string {
		text, err := yaml.Marshal(object)
		require.NoError(t, err)
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, text, 0o600))
		return path
	}
	write(guardrails, "guardrail.yaml", objects.Guardrails[0])
	for _, e := range objects.Exemptions {
		e.CreationTimestamp = metav1.Time{} // as people write it
		write(guardrails, "exemption.yaml", e)
	}
	if f.namespaceLabels != nil {
		input = append(input, write(t.TempDir(), "namespace.yaml", corev1.Namespace{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
			ObjectMeta: metav1.ObjectMeta{Name: f.namespace, Labels: f.namespaceLabels},
		}))
	}
	var out, notes bytes.Buffer
	run(context.Background(), append([]string{"check", "--guardrails", guardrails, "-o", "json"}, input...),
		streams{in: strings.NewReader(""), out: &out, err: &notes})
	var found report.Report
	require.NoError(t, json.Unmarshal(out.Bytes(), &found), "%s: %s%s", f.file, &out, &notes)
	for _, r := range found.Results {
		if r.File == f.file && r.Validator != builtin.SchemaName { // which no cluster has
			lines = append(lines, fmt.Sprintf("%s %s: %s: %s", r.Action, r.Validator, r.Path, r.Message))
		}
	}
	return lines
}
