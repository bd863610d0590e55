package podsecurity

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	psa "k8s.io/pod-security-admission/api"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/workload"
)

// TestExcludeIsLiteral holds for each Pod that Kubernetes refuses in its own tests: a Pod that
// violates a control is refused under every level that has it and every exclude that does not name
// it, and let in when all are named that it violates.
func TestExcludeIsLiteral(t *testing.T) {
	standards := map[psa.Level]map[string]Standard{}
	for _, level := range []psa.Level{psa.LevelBaseline, psa.LevelRestricted} {
		standards[level] = excluding(psa.LevelVersion{Level: level, Version: psa.LatestVersion()})
	}
	violated := map[string]bool{}
	for file, pod := range refusedPods(t) {
		for level, standards := range standards {
			names := violatedBy(pod, psa.LevelVersion{Level: level, Version: psa.LatestVersion()})
			for _, name := range names {
				violated[name] = true
				for excluded, standard := range standards {
					if !slices.Contains(strings.Split(excluded, ","), name) {
						assert.NotEmpty(t, standard.evaluate(pod), "%s: violates %s at %s, exclude: %s", file, name, level, excluded)
					}
				}
			}
			all := NewStandard(psa.LevelVersion{Level: level, Version: psa.LatestVersion()}, Selection{Exclude: names})
			assert.Empty(t, all.evaluate(pod), "%s: %s, exclude: %v", file, level, names)
		}
	}
	assert.Len(t, violated, len(Controls()), "a control that no Pod here violates")
}

// TestOnlyIsLiteral: a Pod is refused under controls that name one which it violates, and under no
// others.
func TestOnlyIsLiteral(t *testing.T) {
	for file, pod := range refusedPods(t) {
		names := violatedBy(pod, strictest)
		for _, name := range Controls() {
			only := NewStandard(strictest, Selection{Only: []string{name}})
			assert.Equal(t, slices.Contains(names, name), len(only.evaluate(pod)) > 0, "%s: controls: %s", file, name)
		}
	}
}

// TestAnExemptionNamesWhatAnOverridingControlIsAbout: Overrides says what an Exemption of the lower
// control covers, be that control excluded or not.
func TestAnExemptionNamesWhatAnOverridingControlIsAbout(t *testing.T) {
	pod := &workload.Pod{Meta: &metav1.ObjectMeta{}, Spec: &corev1.PodSpec{Volumes: []corev1.Volume{
		{Name: "root", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}},
	}}}
	for _, selection := range []Selection{{}, {Exclude: []string{"hostPathVolumes"}}, {Only: []string{"restrictedVolumes"}}} {
		found := map[string]string{}
		for _, v := range NewStandard(strictest, selection).evaluate(pod) {
			found[v.Control] = v.Overrides
		}
		assert.Equal(t, "hostPathVolumes", found["restrictedVolumes"], selection)
		assert.NotContains(t, found, "hostPathVolumes", selection)
	}
}

// excluding are the standards without no control, without each, and with each alone.
func excluding(lv psa.LevelVersion) map[string]Standard {
	standards := map[string]Standard{"": NewStandard(lv, Selection{})}
	for _, name := range Controls() {
		others := slices.DeleteFunc(Controls(), func(other string) bool { return other == name })
		for _, excluded := range [][]string{{name}, others} {
			standards[strings.Join(excluded, ",")] = NewStandard(lv, Selection{Exclude: excluded})
		}
	}
	return standards
}

// violatedBy are the controls of a level that a Pod violates, as Kubernetes' checks say, those
// included that another one stands for.
func violatedBy(pod *workload.Pod, lv psa.LevelVersion) (names []string) {
	pod = asDefaulted(pod)
	for _, check := range checks {
		versioned, exists := inVersion(check, lv.Version)
		if exists && psa.CompareLevels(check.Level, lv.Level) <= 0 && !versioned.CheckPod(pod.Meta, pod.Spec).Allowed {
			names = append(names, string(check.ID))
		}
	}
	return names
}

// refusedPods are those of Kubernetes' own tests of the newest version, by file.
func refusedPods(t *testing.T) map[string]*workload.Pod {
	t.Helper()
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	require.NoError(t, err)
	newest := versions()[len(versions())-1].String()
	files, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(module)), "test", "testdata", "*", newest, "fail", "*.yaml"))
	require.NoError(t, err)
	pods := map[string]*workload.Pod{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var pod corev1.Pod
		require.NoError(t, yaml.Unmarshal(text, &pod))
		pods[filepath.Join(filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(file)))), filepath.Base(file))] = &workload.Pod{Meta: &pod.ObjectMeta, Spec: &pod.Spec}
	}
	require.NotEmpty(t, pods)
	return pods
}
