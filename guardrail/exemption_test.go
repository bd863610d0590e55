package guardrail

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

// clock is one that stands still, at a date or an RFC 3339 time.
func clock(t *testing.T, at string) func() time.Time {
	t.Helper()
	now, err := ParseDate(at)
	require.NoError(t, err)
	return func() time.Time { return now }
}

// latestTagWith is a Guardrail with more in its spec, and an Exemption from it
// with more in its metadata.
func latestTagWith(spec, metadata, expires string) string {
	return `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {validators: [{name: image-latest-tag}]` + spec + `}
---
apiVersion: taffrail.dev/v1alpha1
kind: Exemption
metadata: {name: e, namespace: shop` + metadata + `}
spec: {validators: [image-latest-tag], reason: r, owner: o, expires: "` + expires + `"}
`
}

func TestExemptionPolicy(t *testing.T) {
	for _, test := range []struct {
		name, spec, metadata, expires string
		exempt                        bool
	}{
		{"by default", "", "", "2027-03-31", true},
		{"by default, for 90 days", "", "", "2027-04-01", true},
		{"by default, for 91 days", "", "", "2027-04-02", false},
		{"allowed", ", exemptions: {allowed: true}", "", "2027-04-01", true},
		{"not allowed", ", exemptions: {allowed: false}", "", "2027-04-01", false},
		{"for as long as it may", ", exemptions: {maxDuration: 24h}", "", "2027-01-02", true},
		{"for longer than it may", ", exemptions: {maxDuration: 24h}", "", "2027-01-02T00:00:01Z", false},
		{"for more than the default, where it may", ", exemptions: {maxDuration: 9000h}", "", "2027-06-01", true},
		{"created long ago", "", `, creationTimestamp: "2026-10-01T00:00:00Z"`, "2027-01-03", false},
		{"created lately", "", `, creationTimestamp: "2026-12-01T00:00:00Z"`, "2027-02-28", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := compiled(t, Options{Now: clock(t, "2027-01-01")}, latestTagWith(test.spec, test.metadata, test.expires))
			d, err := set.Validate(context.Background(), request{object: nginxPod}.review(t))
			require.NoError(t, err)
			assert.Equal(t, test.exempt, !d.Denied())
		})
	}
}

func TestMistakesInWhatAGuardrailAllows(t *testing.T) {
	for spec, want := range map[string]string{
		"exemptions: {maxDuration: 0s}":  `Guardrail "g": spec.exemptions.maxDuration: Invalid value: "0s": must be positive`,
		"exemptions: {maxDuration: -1h}": `Guardrail "g": spec.exemptions.maxDuration: Invalid value: "-1h0m0s": must be positive`,
		"namespaceOverrides: Perhaps":    `Guardrail "g": spec.namespaceOverrides: Unsupported value: "Perhaps": supported values: "Allowed", "Forbidden"`,
	} {
		objects, err := Parse("test", []byte(latestTagWith(", "+spec, "", "2027-03-31")))
		require.NoError(t, err)
		_, err = Compile(objects, Options{})
		require.EqualError(t, err, want)
	}
}

func TestAnExemptionThatExpiresSoonIsWarnedOf(t *testing.T) {
	for _, test := range []struct {
		name, now, expires, want string
	}{
		{"14 days before", "2027-03-17", "2027-03-31", "; exempt until 2027-03-31 by Exemption e"},
		{"earlier", "2027-03-16T23:59:59Z", "2027-03-31", ""},
		{"a second before", "2027-03-30T23:59:59Z", "2027-03-31", "; exempt until 2027-03-31 by Exemption e"},
		{"as it was written", "2027-03-30", "2027-03-31T06:00:00+02:00", "; exempt until 2027-03-31T06:00:00+02:00 by Exemption e"},
	} {
		t.Run(test.name, func(t *testing.T) {
			set := compiled(t, Options{Now: clock(t, test.now)}, latestTagWith("", "", test.expires))
			d, err := set.Validate(context.Background(), request{object: nginxPod}.review(t))
			require.NoError(t, err)
			require.Len(t, d.Exempted, 1)
			assert.Equal(t, nginxDenied[len("Deny "):]+test.want, d.Exempted[0].String())
			assert.Equal(t, test.want != "", len(d.Warnings()) == 1)
		})
	}
}

func TestAUseIsRememberedOverACompilation(t *testing.T) {
	now, key := clock(t, "2027-01-01"), types.NamespacedName{Namespace: "shop", Name: "e"}
	objects, err := Parse("test", []byte(latestTagWith("", "", "2027-03-31")))
	require.NoError(t, err)
	c := NewCompiler(Options{Now: now})
	set, report := c.Compile(objects)
	assert.Zero(t, report.Exemptions[key].LastUsed())
	assert.Equal(t, 1, set.Exemptions()[ExemptionUnused])

	dryRun := request{object: nginxPod}.review(t)
	dryRun.DryRun = true
	use := func(r *workload.Review) {
		d, err := set.Validate(context.Background(), r)
		require.NoError(t, err)
		require.Len(t, d.Exempted, 1)
	}
	use(dryRun)
	assert.Zero(t, report.Exemptions[key].LastUsed(), "a dry run leaves no trace")
	use(request{object: nginxPod}.review(t))
	assert.Equal(t, now().Unix(), report.Exemptions[key].LastUsed().Unix())
	assert.Equal(t, 1, set.Exemptions()[ExemptionUsed])

	objects.Exemptions[0].Generation++
	objects.Guardrails[0].Spec.Rules = []v1alpha1.Rule{{Name: "a-new-name"}} // Exemptions are compiled anew
	_, report = c.Compile(objects)
	assert.Equal(t, now().Unix(), report.Exemptions[key].LastUsed().Unix())

	later := metav1.NewTime(now().Add(time.Hour))
	objects.Exemptions[0].Status.LastUsed = &later
	_, report = c.Compile(objects)
	assert.Equal(t, later.Unix(), report.Exemptions[key].LastUsed().Unix(), "another replica has used it since")

	objects.Exemptions[0].UID, objects.Exemptions[0].Status.LastUsed = "another", nil
	_, report = c.Compile(objects)
	assert.Zero(t, report.Exemptions[key].LastUsed(), "another Exemption of the same name")
}

func TestExemptionStates(t *testing.T) {
	for expires, want := range map[string]ExemptionState{
		"2027-01-01": ExemptionExpired, "2027-01-02": ExemptionExpiring, "2027-01-15": ExemptionExpiring, "2027-01-16": ExemptionUnused,
	} {
		states := compiled(t, Options{Now: clock(t, "2027-01-01")}, latestTagWith("", "", expires)).Exemptions()
		assert.Len(t, states, 4)
		assert.Equal(t, 1, states[want], "expires %s", expires)
	}
}

// An Exemption that holds for nothing is not let in without a word.
func TestAnExemptionThatNoGuardrailAllowsIsTold(t *testing.T) {
	long := latestTagWith("", "", "2027-04-02")
	told := `Exemption "shop/e": spec.expires: Invalid value: "2027-04-02": must be at most 2160h0m0s after its creation: no Guardrail allows longer (spec.exemptions.maxDuration)`
	options := Options{Now: clock(t, "2027-01-01")}
	assert.Equal(t, []string{told}, compiled(t, options, long).Warnings())
	assert.Empty(t, compiled(t, options, latestTagWith("", "", "2027-04-01")).Warnings())

	_, document, _ := strings.Cut(long, "---")
	mistakes := compiled(t, options, latestTag).Check([]byte(document))
	require.Len(t, mistakes, 1)
	require.EqualError(t, mistakes[0], told)

	objects, err := Parse("test", []byte(latestTagWith(", exemptions: {allowed: false}", "", "2027-01-02")))
	require.NoError(t, err)
	_, report := NewCompiler(options).Compile(objects)
	assert.EqualError(t, report.Exemptions[types.NamespacedName{Namespace: "shop", Name: "e"}].Err,
		"spec: Forbidden: must not be there: no Guardrail allows Exemptions")
}

func TestExemptions(t *testing.T) {
	exemption := func(spec string) string {
		return latestTag + `
---
apiVersion: taffrail.dev/v1alpha1
kind: Exemption
metadata: {name: e, namespace: shop}
spec: {reason: r, owner: o, expires: "2027-03-31", ` + spec + `}
`
	}
	at := func(date string) Options {
		return Options{Now: func() time.Time { now, _ := time.Parse(time.RFC3339, date); return now }}
	}
	before, after := at("2027-03-30T23:59:59Z"), at("2027-03-31T00:00:00Z")
	for _, test := range []struct {
		name    string
		options Options
		spec    string
		request request
		exempt  bool
	}{
		{"the check", before, `validators: [image-latest-tag]`, request{object: nginxPod}, true},
		{"once it has expired", after, `validators: [image-latest-tag]`, request{object: nginxPod}, false},
		{"another namespace", before, `validators: [image-latest-tag]`, request{object: nginxPod, namespace: "bank"}, false},
		{"another check", before, `validators: [pod-security]`, request{object: nginxPod}, false},
		{"a control of another check", before, `validators: [pod-security/privileged]`, request{object: nginxPod}, false},
		{"the guardrail by name", before, `validators: [image-latest-tag], guardrails: [g]`, request{object: nginxPod}, true},
		{"another guardrail", before, `validators: [image-latest-tag], guardrails: [h]`, request{object: nginxPod}, false},
		{"a workload that is selected", before, `validators: [image-latest-tag], selector: {matchLabels: {app: web}}`, request{object: nginxPod}, true},
		{"a workload that is not", before, `validators: [image-latest-tag], selector: {matchLabels: {app: db}}`, request{object: nginxPod}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			d, err := compiled(t, test.options, exemption(test.spec)).Validate(context.Background(), test.request.review(t))
			require.NoError(t, err)
			assert.Equal(t, test.exempt, !d.Denied())
			assert.Equal(t, test.exempt, len(d.Exempted) == 1)
		})
	}
}

func TestAnExemptionOfAControlCoversNoOther(t *testing.T) {
	set := compiled(t, Options{Now: func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) }}, `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec: {validators: [{name: pod-security, params: {level: restricted, exclude: [runAsNonRoot, seccompProfile_restricted, capabilities_restricted, allowPrivilegeEscalation]}}]}
---
apiVersion: taffrail.dev/v1alpha1
kind: Exemption
metadata: {name: e, namespace: shop}
spec: {validators: [pod-security/hostPathVolumes], reason: r, owner: o, expires: "2027-03-31"}
`)
	d, err := set.Validate(context.Background(), request{object: `
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostNetwork: true
  containers: [{name: web, image: nginx}]
  volumes: [{name: logs, hostPath: {path: /var/log}}, {name: net, nfs: {server: s, path: /}}]
`}.review(t))
	require.NoError(t, err)
	require.Len(t, d.Exempted, 1, "restrictedVolumes takes the place of hostPathVolumes, and is exempt as far as it is about it")
	assert.Equal(t, "spec.volumes[0].hostPath", d.Exempted[0].Path.String())
	var denied []string
	for _, f := range d.Findings {
		denied = append(denied, f.Path.String())
	}
	assert.Equal(t, []string{"spec.hostNetwork", "spec.volumes[1].nfs"}, denied)
}
