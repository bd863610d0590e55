package migrate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/manifest"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// A field that nobody knows, anywhere in a policy, changes what it becomes or leaves it: whatever is not
// read would be dropped.
func TestNoFieldIsDropped(t *testing.T) {
	for name := range fixtures {
		t.Run(name, func(t *testing.T) {
			in, wrong := Read(nil, filepath.Join("testdata", name, "policies.yaml"))
			require.Empty(t, wrong)
			for i, o := range in.Objects {
				if o.Kind == "ConfigMap" || o.Kind == "Zones" || o.Kind == "Namespace" {
					continue
				}
				around := *in
				around.Objects = relatives(in, i)
				before := said(&around)
				for _, place := range mapsIn(o.Content, "") {
					if ignored(place) {
						continue
					}
					changed := *in
					changed.Objects = slices.Clone(around.Objects)
					at := slices.Index(changed.Objects, o)
					changed.Objects[at] = policy.NewObject(o.Place, with(t, o.Content, place))
					assert.NotEqual(t, before, said(&changed), "%s %s: what is added to %s is lost", o.Kind, o.Name, place)
				}
			}
		})
	}
}

// relatives are an object and what it refers to.
func relatives(in *policy.Inputs, i int) (all []*policy.Object) {
	o := in.Objects[i]
	for j, other := range in.Objects {
		switch {
		case j == i, other.Kind == "ConfigMap", other.Kind == "Zones":
		case strings.EqualFold(other.Name, o.Kind), strings.EqualFold(o.Name, other.Kind): // a template and its constraints
		case o.Group() == "admissionregistration.k8s.io" && other.Name == o.Name: // a policy and its binding
		case o.Kind == "PolicyException" && other.Kind == "ClusterPolicy":
		case o.Kind == "Config":
		default:
			continue
		}
		all = append(all, other)
	}
	return all
}

// said is all that there is to say: the report and the objects.
func said(in *policy.Inputs) string {
	var b bytes.Buffer
	result := Run(in)
	_ = result.WriteText(&b)
	_ = result.WriteYAML(&b)
	return b.String()
}

// ignored are places that say nothing of what is admitted.
func ignored(place string) bool {
	for _, prefix := range []string{"/metadata", "/spec/crd", "/spec/auditAnnotations"} {
		if strings.HasPrefix(place, prefix) {
			return true
		}
	}
	return place == "" || place == "/spec/targets/0" || strings.HasPrefix(place, "/spec/targets/0/code")
}

func mapsIn(value any, at string) (all []string) {
	switch v := value.(type) {
	case map[string]any:
		all = append(all, at)
		for _, key := range slices.Sorted(maps.Keys(v)) {
			all = append(all, mapsIn(v[key], at+"/"+strings.ReplaceAll(key, "/", "~"))...)
		}
	case []any:
		for i, item := range v {
			all = append(all, mapsIn(item, fmt.Sprintf("%s/%d", at, i))...)
		}
	}
	return all
}

// with is a copy with one more field in the map at a place.
func with(t *testing.T, content map[string]any, place string) map[string]any {
	t.Helper()
	copied, is := policy.Plain(content).(map[string]any)
	require.True(t, is)
	var at any = copied
	for _, step := range strings.Split(place, "/")[1:] {
		switch v := at.(type) {
		case map[string]any:
			at = v[strings.ReplaceAll(step, "~", "/")]
		case []any:
			var i int
			_, err := fmt.Sscan(step, &i)
			require.NoError(t, err)
			at = v[i]
		}
	}
	at.(map[string]any)["unheardOf"] = "value"
	return copied
}

// FuzzNothingIsLost: of every policy that a source reads there is a row; what is taken over stands in a
// Guardrail or an Exemption that compiles, what is left has a reason, and no Guardrail stands for nothing.
func FuzzNothingIsLost(f *testing.F) {
	for name := range fixtures {
		text, err := os.ReadFile(filepath.Join("testdata", name, "policies.yaml"))
		require.NoError(f, err)
		for document := range strings.SplitSeq(string(text), "---\n") {
			f.Add(document)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		in := &policy.Inputs{}
		for _, o := range manifest.ReadTexts(manifest.File{Name: "fuzz.yaml", Text: []byte(text)}).Objects {
			var content map[string]any
			if json.Unmarshal(o.Raw, &content) == nil {
				plain, _ := policy.Plain(content).(map[string]any)
				in.Objects = append(in.Objects, policy.NewObject(manifest.Place{File: o.File}, plain))
			}
		}
		if o := configuration("fuzz.yaml", []byte(text)); o != nil {
			in.Objects = append(in.Objects, o)
		}
		holds(t, Run(in))
		rulesAppear(t, in)
	})
}

func holds(t *testing.T, result *Result) {
	t.Helper()
	became := map[string]bool{}
	for i := range result.Rows {
		row := &result.Rows[i]
		for _, name := range row.Became {
			became[name] = true
		}
		if row.Outcome == policy.Left {
			assert.NotEmpty(t, row.Why, row.title())
			assert.Empty(t, row.Became, row.title())
		} else if row.Kind != "Config" && row.Kind != "Namespace" && row.Kind != "PodSecurityConfiguration" {
			assert.NotEmpty(t, row.Became, row.title())
		}
	}
	for i := range result.Objects.Guardrails {
		g := &result.Objects.Guardrails[i]
		for _, name := range slices.Concat(names(g.Spec.Validators), names(g.Spec.Mutators), names(g.Spec.Mutations), names(g.Spec.Rules)) {
			assert.True(t, became[g.Name+"/"+name], "%s/%s stands for no rule", g.Name, name)
			delete(became, g.Name+"/"+name)
		}
		require.NoError(t, compiles(*g))
	}
	for _, e := range result.Objects.Exemptions {
		delete(became, e.Namespace+"/"+e.Name)
	}
	assert.Empty(t, became, "is said to have become what is not there")
}

func names[T any](list []T) (all []string) {
	for i := range list {
		raw, _ := json.Marshal(list[i])
		var named struct {
			Name string `json:"name"`
		}
		_ = json.Unmarshal(raw, &named)
		all = append(all, named.Name)
	}
	return all
}

// rulesAppear wants a row of each rule of a classic policy of Kyverno, by its name.
func rulesAppear(t *testing.T, in *policy.Inputs) {
	t.Helper()
	result := Run(in)
	for _, o := range in.Objects {
		if o.Group() != "kyverno.io" || o.Kind != "ClusterPolicy" {
			continue
		}
		spec, _ := o.Content["spec"].(map[string]any)
		list, _ := spec["rules"].([]any)
		rows := 0
		for i := range result.Rows {
			if row := &result.Rows[i]; row.Kind == o.Kind && row.Policy == o.Name && row.Namespace == o.Namespace {
				rows++
			}
		}
		assert.GreaterOrEqual(t, rows, min(len(list), 1))
	}
}
