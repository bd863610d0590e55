//go:build e2e && !kind

package e2e

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/e2e/load/through"
)

// What is compared in docs/performance/apiserver.md does the same: the verdicts and the Pods are those
// of Taffrail, in each way.
func TestWhatIsMeasuredDoesTheSame(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	output, err := exec.Command("go", "build", "-o", filepath.Join(folder, "typed"), "./load/cmd/typed").CombinedOutput()
	require.NoError(t, err, "%s", output)
	binary, err := taffrailBinary()
	require.NoError(t, err)
	own, err := through.Webhooks(binary, webhooksFile)
	require.NoError(t, err)
	c, err := through.Start(os.Getenv("KUBEBUILDER_ASSETS"))
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Stop()) })

	pods := measuredPods(t)
	want := map[string]corev1.Pod{}
	for _, way := range []through.Way{own, through.Typed(folder), through.Policies()} {
		_, remove, err := c.Install(t.Context(), way)
		require.NoError(t, err)
		for _, p := range pods {
			status, answer, err := c.Create(t.Context(), p.Pod)
			require.NoError(t, err)
			if !p.Admitted {
				assert.GreaterOrEqual(t, status, http.StatusBadRequest, "%s: %s: %s", way.Name, p.Name, answer)
				assert.NotContains(t, string(answer), "failed calling webhook")
				continue
			}
			require.Equal(t, http.StatusCreated, status, "%s: %s: %s", way.Name, p.Name, answer)
			var made corev1.Pod
			require.NoError(t, json.Unmarshal(answer, &made))
			if way.Name == own.Name {
				want[p.Name] = made
			}
			assert.Equal(t, want[p.Name].Spec, made.Spec, "%s: %s", way.Name, p.Name)
			assert.Equal(t, want[p.Name].Annotations, made.Annotations, "%s: %s", way.Name, p.Name)
		}
		require.NoError(t, remove())
	}
}

type measuredPod struct {
	Name     string          `json:"name"`
	Admitted bool            `json:"admitted"`
	Pod      json.RawMessage `json:"pod"`
}

func measuredPods(t *testing.T) (all []measuredPod) {
	t.Helper()
	text, err := os.ReadFile("testdata/measured-pods.yaml")
	require.NoError(t, err)
	for document := range strings.SplitSeq(string(text), "\n---\n") {
		var p measuredPod
		require.NoError(t, yaml.UnmarshalStrict([]byte(document), &p))
		all = append(all, p)
	}
	return all
}
