package guardrail

import (
	"hash/crc32"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/policy"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/validators"
)

// FuzzExemption holds that an Exemption of one check, or of one control, lets through what that
// finds and nothing else; and that what it does not let through is found as if it were not there.
func FuzzExemption(f *testing.F) {
	whole := wholeCatalogue(f)
	set := named(f, []v1alpha1.GuardrailSpec{whole}, "whole")
	exemptible := exemptibleNames()
	exempting := map[string]*Set{}
	for _, name := range exemptible {
		exempting[name] = withExemption(f, set, name)
	}
	addObjects(f)
	f.Fuzz(func(t *testing.T, input []byte) {
		r := anObject(input)
		if r == nil || r.Namespace != "shop" {
			return
		}
		all := decided(t, set, r).Findings
		// To exempt what is not found says little.
		names := slices.DeleteFunc(slices.Clone(exemptible), func(name string) bool {
			return !slices.ContainsFunc(all, func(f *Finding) bool { return isFoundBy(name, f) })
		})
		if len(names) == 0 {
			return
		}
		name := names[int(crc32.ChecksumIEEE(input))%len(names)]
		d := decided(t, exempting[name], anObject(input))
		rest := slices.DeleteFunc(slices.Clone(all), func(f *Finding) bool {
			return slices.ContainsFunc(d.Exempted, func(e *Finding) bool { return found(e) == found(f) })
		})
		require.Equal(t, verdict(rest), verdict(d.Findings), name)
		require.Len(t, d.Exempted, len(all)-len(rest), name)
		for _, f := range d.Exempted {
			require.True(t, isFoundBy(name, f) || overrides(name, f, r.Pod), "%s lets through: %s", name, f)
		}
		for _, f := range d.Findings {
			require.False(t, isFoundBy(name, f), "%s does not let through: %s", name, f)
		}
	})
}

// exemptibleNames are the checks and their controls, as an Exemption names them.
func exemptibleNames() (names []string) {
	for _, v := range validators.All() {
		names = append(names, v.Name)
		for _, control := range v.Controls {
			names = append(names, v.Name+"/"+control)
		}
	}
	return names
}

// isFoundBy tells whether a finding is that of a check or, if a control is named, of that.
func isFoundBy(name string, f *Finding) bool {
	check, control, narrow := strings.Cut(name, "/")
	return f.Validator == check && (!narrow || f.Control == control)
}

// overrides tells whether a finding takes the place of one of a control, as Kubernetes has it for
// controls of restricted, and whether that control forbids the Pod as well.
func overrides(name string, f *Finding, pod *workload.Pod) bool {
	check, control, _ := strings.Cut(name, "/")
	if f.Validator != check || pod == nil {
		return false
	}
	checks := policy.DefaultChecks()
	by := slices.IndexFunc(checks, func(c policy.Check) bool { return string(c.ID) == f.Control })
	lower := slices.IndexFunc(checks, func(c policy.Check) bool { return string(c.ID) == control })
	overridden := slices.Contains(newest(checks[by]).OverrideCheckIDs, policy.CheckID(control))
	return overridden && !newest(checks[lower]).CheckPod(pod.Meta, pod.Spec).Allowed
}

func newest(check policy.Check) policy.VersionedCheck { return check.Versions[len(check.Versions)-1] }

// withExemption is a set with one Exemption more.
func withExemption(tb testing.TB, set *Set, name string) *Set {
	tb.Helper()
	b := builder{now: time.Now()}
	e, p := b.exemption(&v1alpha1.Exemption{
		ObjectMeta: metav1.ObjectMeta{Name: "e", Namespace: "shop"},
		Spec:       v1alpha1.ExemptionSpec{Validators: []string{name}, Reason: "fuzz", Owner: "fuzz", Expires: time.Now().AddDate(0, 2, 0).Format(time.DateOnly)},
	})
	require.Empty(tb, p.mistakes)
	with := *set
	with.exemptions = map[string][]*exemption{"shop": {e}}
	return &with
}
