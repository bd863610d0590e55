package plan

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
)

func TestWhatASideIs(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("file.yaml", []byte(only("image-latest-tag", "Deny")), 0o600))
	require.NoError(t, os.Mkdir("baseline", 0o700))
	require.NoError(t, os.WriteFile(filepath.Join("baseline", "mine.yaml"), []byte(only("image-latest-tag", "Deny")), 0o600))
	require.NoError(t, os.WriteFile("old:new.yaml", []byte(only("image-latest-tag", "Deny")), 0o600))
	tests := []struct {
		name string
		want []string
	}{
		{"none", nil},
		{"file.yaml", []string{"g"}},
		{"baseline", []string{"g"}}, // a directory, before the guardrail of this name
		{"restricted", []string{"restricted"}},
		{"default", []string{"default"}},
		{"old:new.yaml", []string{"g"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := Load(context.Background(), test.name)
			require.NoError(t, err)
			var names []string
			for i := range s.Objects.Guardrails {
				names = append(names, s.Objects.Guardrails[i].Name)
			}
			assert.Equal(t, test.want, names)
			assert.Equal(t, test.name, s.Name)
		})
	}
}

// exempting are the Exemptions of these names.
func exempting(names ...string) (all []v1alpha1.Exemption) {
	for _, name := range names {
		var e v1alpha1.Exemption
		e.Namespace, e.Name = "shop", name
		all = append(all, e)
	}
	return all
}

func TestTheExemptionsOfAClusterCountForBoth(t *testing.T) {
	stored := guardrail.Objects{Exemptions: exempting("theirs", "ours")}
	file := func(names ...string) *Side {
		return &Side{Name: "file", Objects: guardrail.Objects{Exemptions: exempting(names...)}}
	}
	has := func(s *Side) (names []string) {
		for i := range s.Objects.Exemptions {
			names = append(names, s.Objects.Exemptions[i].Name)
		}
		return names
	}
	tests := []struct {
		name             string
		from, to         *Side
		wantFrom, wantTo []string
	}{
		{"the cluster and a file without any", InForce(stored), file(), []string{"theirs", "ours"}, []string{"theirs", "ours"}},
		{"a file that has one anew", InForce(stored), file("ours"), []string{"theirs", "ours"}, []string{"ours", "theirs"}},
		{"one that a revision had and that is taken out", file("ours"), file(), []string{"ours", "theirs"}, []string{"theirs"}},
		{"two files without any", file(), file(), []string{"theirs", "ours"}, []string{"theirs", "ours"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			Share(test.from, test.to, stored.Exemptions)
			assert.Equal(t, test.wantFrom, has(test.from))
			assert.Equal(t, test.wantTo, has(test.to))
		})
	}
}

func TestAClusterWithoutGuardrailsEnforcesNothing(t *testing.T) {
	s := InForce(guardrail.Objects{})
	assert.Equal(t, []string{"the cluster has no Guardrail: nothing is in force there"}, s.Notes)
}

// What of a cluster cannot be enforced is set aside, and said; of a file it is an error.
func TestAMistakeInAClusterIsSetAside(t *testing.T) {
	wrong := side(t, "x", only("image-latest-tag", "Deny")).Objects
	wrong.Guardrails[0].Spec.Validators[0].Name = "no-such-check"
	p := compared(t, InForce(wrong), none(), written(t, nginx))
	require.NotEmpty(t, p.Notes)
	assert.Contains(t, p.Notes[0], "not enforced: ")
}
