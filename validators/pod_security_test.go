package validators

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
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

	"taffrail.dev/taffrail/workload"
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
	findings := c.judge(&workload.Pod{Meta: &metav1.ObjectMeta{}, Spec: &corev1.PodSpec{}})
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

// TestPodSecurityResources: Namespaces are judged by the level that obeys them,
// and no webhook has a rule for them otherwise.
func TestPodSecurityResources(t *testing.T) {
	narrow := registry["pod-security"].Narrow
	all, err := narrow(params(`{"level": "namespace"}`))
	require.NoError(t, err)
	assert.Equal(t, registry["pod-security"].Resources, all)
	pods, err := narrow(params(`{}`))
	require.NoError(t, err)
	assert.Equal(t, securedPods, pods)
}

func TestPodSecurityWithoutNamespace(t *testing.T) {
	f := readFixture(t, "testdata/pod-security/pass-baseline.yaml")
	validate, err := construct(t, "pod-security", "{level: namespace}")
	require.NoError(t, err)
	r := f.review(t, f.object)
	r.OnNamespace(func() (*metav1.PartialObjectMetadata, error) { return nil, nil })
	assert.NotEmpty(t, validate(r))
}

// TestPodSecurityFixtures judges Kubernetes' own fixtures, those that it tests
// implementations of the standards with.
func TestPodSecurityFixtures(t *testing.T) {
	judges := newJudges(t)
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
			denied := judges.compare(t, &pod, kind, level, version)
			assert.Equal(t, want == "fail", denied, file)
			if files%8 == 0 { // which takes ten times as long
				mend(t, &pod, kind, strictest)
			}
			if t.Failed() {
				t.Fatalf("%s/%s/%s/%s", level, version, want, filepath.Base(file))
			}
		}
	}
	assert.Greater(t, files, 4000)
}

// FuzzPodSecurity compares our verdicts on random Pods and templates with
// Kubernetes' own.
func FuzzPodSecurity(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed)
	}
	judges := newJudges(f)
	strictest, err := construct(f, "pod-security", "{level: restricted}")
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 0))
		pod := randomPod(r)
		level := one(r, "baseline", "restricted")
		version := one(r, "latest", "latest", fmt.Sprintf("v1.%d", r.IntN(40)))
		kind := one(r, holders...)
		judges.compare(t, pod, kind, level, version)
		if seed%8 == 0 {
			mend(t, pod, kind, strictest)
		}
		if t.Failed() {
			text, _ := yaml.Marshal(pod)
			t.Logf("%s %s %s\n%s", kind.Kind, level, version, text)
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

// judges are the two that must agree.
type judges struct {
	upstream    policy.Evaluator
	ours        map[psa.LevelVersion]Validate
	byNamespace Validate
}

func newJudges(t testing.TB) *judges {
	upstream, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	require.NoError(t, err)
	byNamespace, err := construct(t, "pod-security", "{level: namespace}")
	require.NoError(t, err)
	return &judges{upstream: upstream, ours: map[psa.LevelVersion]Validate{}, byNamespace: byNamespace}
}

// compare tells whether a Pod is denied. It holds that both judges say so, each
// control by itself, and with the Namespace's labels in the same words; and that
// every finding has a place.
func (j *judges) compare(t *testing.T, pod *corev1.Pod, kind schema.GroupVersionKind, level, versionText string) (denied bool) {
	version, err := psa.ParseVersion(versionText)
	require.NoError(t, err)
	lv := psa.LevelVersion{Level: psa.Level(level), Version: version}
	ours := j.level(t, lv)
	object := held(t, pod, kind)
	want := j.kubernetes(asDefaulted(reviewOf(t, object, nil, nil).Pod), lv)
	got := map[string]Words{}
	for _, f := range ours(reviewOf(t, object, nil, nil)) {
		got[f.Control] = f.Words
		assert.False(t, strings.HasSuffix(f.Path.String(), "spec"), f.Control)
		assertWording(t, f)
	}
	assert.Equal(t, want, got, "%s", lv)

	mode, action, intro := "enforce", Deny, fmt.Sprintf("violates PodSecurity %q", lv)
	if kind.Kind != "Pod" {
		mode, action, intro = "warn", Warn, fmt.Sprintf("would violate PodSecurity %q", lv)
	}
	got = map[string]Words{}
	for _, f := range j.byNamespace(reviewOf(t, object, nil, map[string]string{
		psa.WarnLevelLabel:                                string(psa.LevelPrivileged),
		"pod-security.kubernetes.io/" + mode:              level,
		"pod-security.kubernetes.io/" + mode + "-version": version.String(),
	})) {
		assert.Equal(t, action, f.Action)
		assert.Equal(t, intro, f.Words.Intro)
		f.Words.Intro = ""
		got[f.Control] = f.Words
	}
	assert.Equal(t, want, got, "%s %s", mode, lv)

	return len(want) > 0
}

// level is our check with a level and a version.
func (j *judges) level(t *testing.T, lv psa.LevelVersion) Validate {
	if j.ours[lv] == nil {
		ours, err := construct(t, "pod-security", fmt.Sprintf("{level: %s, version: %s}", lv.Level, lv.Version.String()))
		require.NoError(t, err)
		j.ours[lv] = ours
	}
	return j.ours[lv]
}

// kubernetes is what Kubernetes says, by control.
func (j *judges) kubernetes(pod *workload.Pod, lv psa.LevelVersion) map[string]Words {
	said := map[string]Words{}
	controls := controlsOf(lv)
	for i, result := range j.upstream.EvaluatePod(lv, pod.Meta, pod.Spec) {
		if !result.Allowed {
			said[controls[i].id] = Words{Reason: result.ForbiddenReason, Detail: result.ForbiddenDetail}
		}
	}
	return said
}

// mend holds that when all fixes are made there is nothing left but volumes.
func mend(t *testing.T, pod *corev1.Pod, kind schema.GroupVersionKind, ours Validate) {
	for _, left := range mendAll(t, held(t, pod, kind), ours) {
		if pod.Spec.OS == nil || pod.Spec.OS.Name != corev1.Windows { // where the API server refuses some fixes
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

// randomPod is a Pod of the values that matter.
func randomPod(r *rand.Rand) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "web"}}
	for range r.IntN(3) {
		if pod.Annotations == nil {
			pod.Annotations = map[string]string{}
		}
		key := one(r, "a", "seccomp.security.alpha.kubernetes.io/pod", "container.seccomp.security.alpha.kubernetes.io/c0",
			"container.seccomp.security.alpha.kubernetes.io/no-such", "container.apparmor.security.beta.kubernetes.io/c1",
			"container.apparmor.security.beta.kubernetes.io/")
		pod.Annotations[key] = one(r, "", "runtime/default", "docker/default", "localhost/x", "unconfined")
	}
	spec := &pod.Spec
	spec.HostNetwork, spec.HostPID, spec.HostIPC = rarely(r), rarely(r), rarely(r)
	spec.HostUsers = maybe(r, one(r, true, false))
	if rarely(r) { // as one that an API server has seen
		spec.SchedulerName = corev1.DefaultSchedulerName
	}
	if rarely(r) {
		spec.OS = &corev1.PodOS{Name: one(r, corev1.Windows, corev1.Linux)}
	}
	if c := randomContext(r); r.IntN(2) == 0 {
		spec.SecurityContext = &corev1.PodSecurityContext{
			AppArmorProfile: c.AppArmorProfile, RunAsNonRoot: c.RunAsNonRoot, RunAsUser: c.RunAsUser,
			SELinuxOptions: c.SELinuxOptions, SeccompProfile: c.SeccompProfile, WindowsOptions: c.WindowsOptions,
		}
		for range r.IntN(3) {
			spec.SecurityContext.Sysctls = append(spec.SecurityContext.Sysctls, corev1.Sysctl{
				Name: one(r, "kernel.msgmax", "net.ipv4.tcp_rmem", "net.ipv4.tcp_syncookies", "net.ipv4.tcp_notsent_lowat"), Value: "1",
			})
		}
	}
	for range r.IntN(3) {
		spec.Volumes = append(spec.Volumes, corev1.Volume{Name: fmt.Sprintf("v%d", len(spec.Volumes)), VolumeSource: one(r,
			corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}},
			corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}},
			corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{Server: "nfs", Path: "/"}},
			corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: "model:1"}},
			corev1.VolumeSource{})})
	}
	n := 0
	container := func() corev1.Container {
		c := corev1.Container{Name: fmt.Sprintf("c%d", n), Image: "web:1"}
		n++
		if r.IntN(3) > 0 {
			c.SecurityContext = randomContext(r)
		}
		if rarely(r) {
			c.Ports = []corev1.ContainerPort{{ContainerPort: 80, HostPort: one[int32](r, 0, 80)}, {ContainerPort: 81, HostPort: one[int32](r, 0, 81)}}
		}
		if rarely(r) {
			tcp, http := &corev1.TCPSocketAction{Host: one(r, "", "10.0.0.1")}, &corev1.HTTPGetAction{Host: one(r, "", "localhost")}
			c.LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: tcp}}
			c.StartupProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: http}}
			c.Lifecycle = &corev1.Lifecycle{PreStop: &corev1.LifecycleHandler{HTTPGet: http}}
		}
		return c
	}
	for range r.IntN(2) {
		spec.InitContainers = append(spec.InitContainers, container())
	}
	for range 1 + r.IntN(2) {
		spec.Containers = append(spec.Containers, container())
	}
	for range r.IntN(2) {
		spec.EphemeralContainers = append(spec.EphemeralContainers, corev1.EphemeralContainer{
			EphemeralContainerCommon: corev1.EphemeralContainerCommon(container()),
		})
	}
	return pod
}

func randomContext(r *rand.Rand) *corev1.SecurityContext {
	sc := &corev1.SecurityContext{
		AllowPrivilegeEscalation: maybe(r, one(r, true, false)),
		Privileged:               maybe(r, rarely(r)),
		RunAsNonRoot:             maybe(r, one(r, true, false)),
		RunAsUser:                maybe(r, one[int64](r, 0, 1000)),
		ProcMount:                maybe(r, one(r, corev1.DefaultProcMount, corev1.UnmaskedProcMount)),
		SeccompProfile: maybe(r, corev1.SeccompProfile{Type: one(r, corev1.SeccompProfileTypeUnconfined,
			corev1.SeccompProfileTypeRuntimeDefault, corev1.SeccompProfileTypeLocalhost, "")}),
	}
	if rarely(r) {
		sc.AppArmorProfile = &corev1.AppArmorProfile{Type: one(r, corev1.AppArmorProfileTypeUnconfined, corev1.AppArmorProfileTypeRuntimeDefault)}
	}
	if rarely(r) {
		sc.SELinuxOptions = &corev1.SELinuxOptions{
			Type: one(r, "", "container_t", "container_engine_t", "spc_t"),
			User: one(r, "", "system_u"), Role: one(r, "", "system_r"),
		}
	}
	if rarely(r) {
		sc.WindowsOptions = &corev1.WindowsSecurityContextOptions{HostProcess: maybe(r, one(r, true, false))}
	}
	if r.IntN(2) == 0 {
		sc.Capabilities = &corev1.Capabilities{}
		for range r.IntN(3) {
			sc.Capabilities.Add = append(sc.Capabilities.Add, one[corev1.Capability](r, "CHOWN", "NET_BIND_SERVICE", "NET_ADMIN", "CAP_SYS_ADMIN", "ALL"))
		}
		for range r.IntN(3) {
			sc.Capabilities.Drop = append(sc.Capabilities.Drop, one[corev1.Capability](r, "ALL", "NET_RAW"))
		}
	}
	return sc
}

func one[T any](r *rand.Rand, values ...T) T { return values[r.IntN(len(values))] }

func rarely(r *rand.Rand) bool { return r.IntN(6) == 0 }

func maybe[T any](r *rand.Rand, value T) *T {
	if r.IntN(2) == 0 {
		return nil
	}
	return &value
}
