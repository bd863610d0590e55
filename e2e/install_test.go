//go:build e2e && !kind

package e2e

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What is printed is taken in one go, again, over an installation with other
// choices, and by either way of applying.
func TestInstallIsWhatKubectlApplyTakes(t *testing.T) {
	parallel(t)
	everything := slices.Concat(always, guardrails, authorityObjects)
	for _, step := range []struct {
		name  string
		flags []string
		apply []string
		want  []string
	}{
		{"the first time", nil, nil, everything},
		{"again", nil, nil, everything},
		{"other choices", []string{"--tls=files", "--high-availability", "--exclude-namespaces=calico-system"}, nil, slices.Concat(always, guardrails)},
		{"server-side", nil, []string{"--server-side"}, everything},
		{"server-side, again", nil, []string{"--server-side"}, everything},
		{"autoscaling", []string{"--autoscaling"}, []string{"--server-side"}, append(everything, "horizontalpodautoscaler.autoscaling/taffrail")},
		{"static", []string{"--static"}, []string{"--server-side"}, append(everything, configurations...)},
		// Nobody answers here, and the configurations are in force.
		{"static, again", []string{"--static"}, []string{"--server-side"}, append(everything, configurations...)},
	} {
		t.Run(step.name, func(t *testing.T) {
			r := cluster(t).kubectl(t, install(t, step.flags...), append([]string{"apply", "-f", "-"}, step.apply...)...)
			assert.ElementsMatch(t, step.want, applied(t, r))
		})
	}
	args := cluster(t).kubectl(t, "", "get", "deployment", "-n", "taffrail-system", "taffrail",
		"-o", "jsonpath={.spec.template.spec.containers[0].args} {.spec.template.spec.volumes[*].name}").mustSucceed(t).stdout
	assert.Equal(t, `["serve","--tls=managed","--first-guardrails=/etc/taffrail/first"] first-guardrails`, args,
		"nothing of the choices before is left")
}

// An upgrade changes the definitions under the objects that are stored.
func TestObjectsOfFormerDefinitionsAreServed(t *testing.T) {
	parallel(t)
	cluster(t).kubectl(t, "", "apply", "-f", "testdata/former").mustSucceed(t)
	cluster(t).kubectl(t, "", "wait", "crd", "--all", "--for=condition=established").mustSucceed(t)
	cluster(t).kubectl(t, noLatest+"---\n"+fixture(t, "exemption.yaml"), "apply", "-n", "default", "-f", "-").mustSucceed(t)
	specs := func() string {
		return cluster(t).kubectl(t, "", "get", "guardrails,exemptions", "-A", "-o", "jsonpath={.items[*].spec.validators}").mustSucceed(t).stdout
	}
	before := specs()
	require.Contains(t, before, "image-latest-tag")

	cluster(t).kubectl(t, install(t), "apply", "--server-side", "-f", "-").mustSucceed(t)
	assert.Equal(t, before, specs())
	cluster(t).kubectl(t, "", "annotate", "guardrails,exemptions", "-n", "default", "--all", "e2e=upgraded").mustSucceed(t)
}

// install is what `taffrail install` prints.
func install(t *testing.T, flags ...string) string {
	t.Helper()
	binary, err := taffrailBinary()
	require.NoError(t, err)
	var stderr strings.Builder
	cmd := exec.Command(binary, append([]string{"install"}, flags...)...)
	cmd.Stderr = &stderr
	cmd.Env = []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH")}
	manifests, err := cmd.Output()
	require.NoError(t, err, stderr.String())
	said := strings.TrimPrefix(stderr.String(), "every node must be able to pull the image taffrail:dev: name yours with --image, with its registry\n")
	require.Empty(t, said)
	return string(manifests)
}
