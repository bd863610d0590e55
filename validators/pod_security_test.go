package validators

import (
	"context"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// TestPodSecurityOverrides: an Exemption of a control of baseline covers in
// restricted what it is about, and nothing else.
func TestPodSecurityOverrides(t *testing.T) {
	f := readFixture(t, "testdata/pod-security/fail-restricted-volumes.yaml")
	validate, err := construct(t, "pod-security", "{level: restricted}")
	require.NoError(t, err)
	overrides := map[string]string{}
	for _, finding := range validate(f.review(t, f.object)) {
		overrides[finding.Path.String()] = finding.Overrides
	}
	assert.Equal(t, map[string]string{"spec.volumes[1].hostPath": "hostPathVolumes", "spec.volumes[2].nfs": ""}, overrides)
}

func TestPodSecurityConfiguration(t *testing.T) {
	_, err := construct(t, "pod-security", "{level: restricted, defaults: {enforce: baseline}, exemptions: {}}")
	require.ErrorContains(t, err, `defaults: Forbidden: must not be set with level "restricted": it goes with "namespace"`)
	require.ErrorContains(t, err, `exemptions: Forbidden: must not be set with level "restricted": it goes with "namespace"`)

	_, err = construct(t, "pod-security", `{level: namespace, defaults: {enforce: basline, warn-version: "1.30"}, exemptions: {namespaces: [a, a, B], usernames: [""]}}`)
	require.ErrorContains(t, err, `defaults.enforce: Invalid value: "basline": must be one of privileged, baseline, restricted`)
	require.ErrorContains(t, err, `defaults.warn-version: Invalid value: "1.30": must be "latest" or "v1.x"`)
	require.ErrorContains(t, err, `exemptions.namespaces[1]: Duplicate value: "a"`)
	require.ErrorContains(t, err, `exemptions.namespaces[2]: Invalid value: "B"`)
	require.ErrorContains(t, err, `exemptions.usernames[0]: Invalid value: ""`)
}

// TestPodSecurityResources: Namespaces are evaluated by the level that obeys them,
// and no webhook has a rule for them otherwise.
func TestPodSecurityResources(t *testing.T) {
	narrow := named(t, "pod-security").Narrow
	all, err := narrow(decoder(`{"level": "namespace"}`))
	require.NoError(t, err)
	assert.Equal(t, named(t, "pod-security").Resources, all)
	pods, err := narrow(decoder(`{}`))
	require.NoError(t, err)
	assert.Equal(t, securedPods, pods)
}

func TestPodSecurityWithoutNamespace(t *testing.T) {
	f := readFixture(t, "testdata/pod-security/pass-baseline.yaml")
	validate, err := construct(t, "pod-security", "{level: namespace}")
	require.NoError(t, err)
	r := f.review(t, f.object)
	r.In(context.Background(), &workload.Cluster{Namespace: func(context.Context, string) (*metav1.PartialObjectMetadata, error) { return nil, nil }})
	assert.NotEmpty(t, validate(r))
}

func TestPodSecurityControls(t *testing.T) {
	for params, want := range map[string]string{
		"{controls: []}": `controls: Required value: must name a control; leave it out for all`,
		"{level: restricted, controls: [hostPorts], exclude: [hostPorts]}":         `controls: Forbidden: must not be set beside exclude: what controls does not name is left out already`,
		"{level: restricted, controls: [hostPort]}":                                `controls[0]: Unsupported value: "hostPort"`,
		"{controls: [runAsNonRoot]}":                                               `controls[0]: Invalid value: "runAsNonRoot": must be a control that level baseline has in version latest; level: restricted has it`,
		"{level: restricted, version: v1.21, controls: [capabilities_restricted]}": `controls[0]: Invalid value: "capabilities_restricted": must be a control that level restricted has in version v1.21`,
	} {
		_, err := construct(t, "pod-security", params)
		require.ErrorContains(t, err, want, params)
	}
	for _, params := range []string{"{level: restricted, controls: [hostPathVolumes]}", "{level: namespace, controls: [runAsNonRoot]}"} {
		_, err := construct(t, "pod-security", params)
		assert.NoError(t, err, params)
	}
}
