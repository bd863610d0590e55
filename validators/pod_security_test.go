package validators

import (
	"context"
	"encoding/json"
	"fmt"
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
	"k8s.io/apimachinery/pkg/runtime/schema"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/dice"
	"taffrail.dev/taffrail/internal/workload"
)

// TestPodSecurityLocators: a control without a locator still denies, but says
// neither where nor how to mend it.
func TestPodSecurityLocators(t *testing.T) {
	for _, id := range podSecurityControls {
		assert.Contains(t, locators, id)
	}
	assert.Len(t, locators, len(podSecurityControls))
}

// TestPodSecurityUnlocated: a control of a Kubernetes newer than our locators
// denies in Kubernetes' own words.
func TestPodSecurityUnlocated(t *testing.T) {
	c := control{id: "newControl", level: "baseline", check: func(*metav1.ObjectMeta, *corev1.PodSpec) policy.CheckResult {
		return policy.CheckResult{ForbiddenReason: "new things", ForbiddenDetail: `container "web"`}
	}}
	findings := c.evaluate(&workload.Pod{Meta: &metav1.ObjectMeta{}, Spec: &corev1.PodSpec{}})
	assert.Equal(t, []string{`spec: Forbidden: must pass new things: container "web" (baseline, newControl)`}, render(findings))
}

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

// TestPodSecurityFixtures evaluates Kubernetes' own fixtures, those that it tests
// implementations of the standards with.
func TestPodSecurityFixtures(t *testing.T) {
	evaluators := newEvaluators(t)
	strictest, err := construct(t, "pod-security", "{level: restricted}")
	require.NoError(t, err)
	module, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "k8s.io/pod-security-admission").Output()
	require.NoError(t, err)
	folders, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(module)), "test", "testdata", "*", "v*", "*"))
	require.NoError(t, err)
	files := 0
	for _, folder := range folders {
		parts := strings.Split(folder, string(filepath.Separator))
		level, version, want := parts[len(parts)-3], parts[len(parts)-2], parts[len(parts)-1]
		fixtures, err := filepath.Glob(filepath.Join(folder, "*.yaml"))
		require.NoError(t, err)
		for _, file := range fixtures {
			kind := holders[files%len(holders)]
			files++
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			var pod corev1.Pod
			require.NoError(t, yaml.Unmarshal(text, &pod))
			object := held(t, &pod, kind)
			denied := evaluators.compare(t, object, level, version)
			assert.Equal(t, want == "fail", denied, file)
			if files%8 == 0 { // which takes ten times as long
				mend(t, object, strictest)
			}
			if t.Failed() {
				t.Fatalf("%s/%s/%s/%s", level, version, want, filepath.Base(file))
			}
		}
	}
	assert.Greater(t, files, 4000)
}

// FuzzPodSecurity compares our verdicts on any Pods and templates with
// Kubernetes' own. Some of them are mended, which takes ten times as long.
func FuzzPodSecurity(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(dice.Bytes(seed, 200))
	}
	evaluators := newEvaluators(f)
	strictest, err := construct(f, "pod-security", "{level: restricted}")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, input []byte) {
		d := dice.Wild(input)
		kind, level := holders[d.Roll(len(holders))], []string{"baseline", "restricted"}[d.Roll(2)]
		version := "latest"
		if d.Roll(2) == 1 {
			version = fmt.Sprintf("v1.%d", d.Roll(40))
		}
		object := d.Template().In(kind)
		evaluators.compare(t, object, level, version)
		if len(input)%16 == 0 {
			mend(t, dice.New(input).Template().In(kind), strictest) // no fix is for null in place of a container
		}
		if t.Failed() {
			t.Logf("%s %s\n%s", level, version, object)
		}
	})
}

// holders are the kinds that hold a Pod, and Pods.
var holders = func() (kinds []schema.GroupVersionKind) {
	for _, gvk := range workload.Kinds() {
		resource, _ := workload.ResourceFor(gvk)
		if slices.ContainsFunc(podsAndTemplates, func(r Resource) bool { return r.GroupVersionResource == resource }) {
			kinds = append(kinds, gvk)
		}
	}
	slices.SortFunc(kinds, func(a, b schema.GroupVersionKind) int { return strings.Compare(a.Kind, b.Kind) })
	return kinds
}()

// held is an object of a kind that holds the Pod.
func held(t *testing.T, pod *corev1.Pod, kind schema.GroupVersionKind) []byte {
	object := map[string]any{"metadata": pod.ObjectMeta, "spec": pod.Spec}
	switch kind.Kind {
	case "Pod":
	case "PodTemplate":
		object = map[string]any{"template": object}
	case "CronJob":
		object = map[string]any{"spec": map[string]any{"jobTemplate": map[string]any{"spec": map[string]any{"template": object}}}}
	default:
		object = map[string]any{"spec": map[string]any{"template": object}}
	}
	object["apiVersion"], object["kind"] = kind.GroupVersion().String(), kind.Kind
	text, err := json.Marshal(object)
	require.NoError(t, err)
	return text
}

// evaluators are the two that must agree.
type evaluators struct {
	upstream    policy.Evaluator
	ours        map[psa.LevelVersion]Validate
	byNamespace Validate
}

func newEvaluators(t testing.TB) *evaluators {
	upstream, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	require.NoError(t, err)
	byNamespace, err := construct(t, "pod-security", "{level: namespace}")
	require.NoError(t, err)
	return &evaluators{upstream: upstream, ours: map[psa.LevelVersion]Validate{}, byNamespace: byNamespace}
}

// compare tells whether a Pod is denied. It holds that both evaluators say so, each control by
// itself, and with the Namespace's labels in the same words; and that every finding has a place.
func (e *evaluators) compare(t *testing.T, object []byte, level, versionText string) (denied bool) {
	version, err := psa.ParseVersion(versionText)
	require.NoError(t, err)
	lv := psa.LevelVersion{Level: psa.Level(level), Version: version}
	ours := e.level(t, lv)
	review := reviewOf(t, object, nil, nil)
	want := e.kubernetes(asDefaulted(review.Pod), lv)
	got := map[string]Words{}
	for _, f := range ours(review) {
		got[f.Control] = f.Words
		assert.False(t, strings.HasSuffix(f.Path.String(), "spec"), f.Control)
		assertWording(t, f)
	}
	assert.Equal(t, want, got, "%s", lv)

	mode, action, intro := "enforce", Deny, fmt.Sprintf("violates PodSecurity %q", lv)
	if review.Pod.IsTemplate() {
		mode, action, intro = "warn", Warn, fmt.Sprintf("would violate PodSecurity %q", lv)
	}
	got = map[string]Words{}
	labels := map[string]string{
		psa.WarnLevelLabel:                                string(psa.LevelPrivileged),
		"pod-security.kubernetes.io/" + mode:              level,
		"pod-security.kubernetes.io/" + mode + "-version": version.String(),
	}
	review.In(context.Background(), &workload.Cluster{Namespace: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Name: "shop", Labels: labels}}, nil
	}})
	for _, f := range e.byNamespace(review) {
		assert.Equal(t, action, f.Action)
		assert.Equal(t, intro, f.Words.Intro)
		f.Words.Intro = ""
		got[f.Control] = f.Words
	}
	assert.Equal(t, want, got, "%s %s", mode, lv)

	return len(want) > 0
}

// level is our check with a level and a version.
func (e *evaluators) level(t *testing.T, lv psa.LevelVersion) Validate {
	if e.ours[lv] == nil {
		ours, err := construct(t, "pod-security", fmt.Sprintf("{level: %s, version: %s}", lv.Level, lv.Version.String()))
		require.NoError(t, err)
		e.ours[lv] = ours
	}
	return e.ours[lv]
}

// kubernetes is what Kubernetes says, by control.
func (e *evaluators) kubernetes(pod *workload.Pod, lv psa.LevelVersion) map[string]Words {
	said := map[string]Words{}
	controls := controlsOf(lv)
	for i, result := range e.upstream.EvaluatePod(lv, pod.Meta, pod.Spec) {
		if !result.Allowed {
			said[controls[i].id] = Words{Reason: result.ForbiddenReason, Detail: result.ForbiddenDetail}
		}
	}
	return said
}

// mend holds that when all fixes are made there is nothing left but volumes.
func mend(t *testing.T, object []byte, ours Validate) {
	windows := reviewOf(t, object, nil, nil).Pod.IsWindows()
	for _, left := range mendAll(t, object, ours) {
		if !windows { // where the API server refuses some fixes
			assert.Contains(t, left.Path.String(), "spec.volumes[")
		}
	}
}

// mendAll applies fixes until no finding has one, and returns what is left.
func mendAll(t *testing.T, object []byte, validate Validate) []Finding {
	findings := validate(reviewOf(t, object, nil, nil))
	for range 200 {
		mended := false
		for _, f := range findings {
			if f.Fix == nil {
				continue
			}
			object = apply(t, object, f.Fix)
			next := validate(reviewOf(t, object, nil, nil))
			// An item that is in a list twice is found twice.
			assert.Less(t, count(next, f), count(findings, f), "the fix does not mend %s", f.Path)
			findings, mended = next, true
			break
		}
		if !mended {
			return findings
		}
	}
	t.Error("mending does not come to an end")
	return findings
}
