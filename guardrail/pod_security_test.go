package guardrail

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/admission"
	admissionapi "k8s.io/pod-security-admission/admission/api"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/metrics"
	"k8s.io/pod-security-admission/policy"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/workload"
)

// The same configuration, for the two that must agree.
const obeyNamespaces = `
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: g}
spec:
  validators:
  - name: pod-security
    params:
      level: namespace
      defaults: {enforce: baseline, warn: baseline}
      exemptions: {usernames: [jane], namespaces: [exempt], runtimeClasses: [kata]}
`

// podSecurity is Kubernetes' own admission beside ours, over the same cluster.
type podSecurity struct {
	upstream *admission.Admission
	ours     *Set
	labels   map[string]string // of every Namespace
	pods     []*corev1.Pod     // in every Namespace
	failure  error             // of listing them, ours after the first page
}

func newPodSecurity(t *testing.T) *podSecurity {
	t.Helper()
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	require.NoError(t, err)
	p := &podSecurity{}
	p.upstream = &admission.Admission{
		Configuration: &admissionapi.PodSecurityConfiguration{
			Defaults: admissionapi.PodSecurityDefaults{
				Enforce: "baseline", EnforceVersion: "latest", Audit: "privileged", AuditVersion: "latest", Warn: "baseline", WarnVersion: "latest",
			},
			Exemptions: admissionapi.PodSecurityExemptions{
				Usernames: []string{"jane"}, Namespaces: []string{"exempt"}, RuntimeClasses: []string{"kata"},
			},
		},
		Evaluator: evaluator, NamespaceGetter: p, PodLister: p, Metrics: uncounted{},
	}
	require.NoError(t, p.upstream.CompleteConfiguration())
	require.NoError(t, p.upstream.ValidateConfiguration())
	p.ours = compiled(t, Options{Cluster: workload.Cluster{
		Namespace: func(context.Context, string) (*metav1.PartialObjectMetadata, error) {
			return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Labels: p.labels}}, nil
		},
		Pods: func(context.Context, string) iter.Seq2[*corev1.PodList, error] { return p.pages },
	}}, obeyNamespaces)
	return p
}

func (p *podSecurity) GetNamespace(_ context.Context, name string) (*corev1.Namespace, error) {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: p.labels}}, nil
}

func (p *podSecurity) ListPods(context.Context, string) ([]*corev1.Pod, error) {
	return slices.Clone(p.pods), p.failure
}

// pages are of two Pods.
func (p *podSecurity) pages(yield func(*corev1.PodList, error) bool) {
	left := len(p.pods)
	for some := range slices.Chunk(p.pods, 2) {
		left -= len(some)
		page := &corev1.PodList{ListMeta: metav1.ListMeta{RemainingItemCount: new(int64(left))}}
		for _, pod := range some {
			page.Items = append(page.Items, *pod)
		}
		if !yield(page, nil) {
			return
		}
		if p.failure != nil {
			break
		}
	}
	if p.failure != nil {
		yield(nil, p.failure)
	}
}

type uncounted struct{}

func (uncounted) RecordEvaluation(metrics.Decision, psa.LevelVersion, metrics.Mode, psa.Attributes) {}

func (uncounted) RecordExemption(psa.Attributes) {}

func (uncounted) RecordError(bool, psa.Attributes) {}

// compare gives a request to both, who must say the same, and returns it.
func (p *podSecurity) compare(t *testing.T, operation admissionv1.Operation, namespace, user string, object, old workload.Object) string {
	t.Helper()
	evaluated := review(t, operation, namespace, user, object, old)
	attributes := &psa.AttributesRecord{
		Name: object.GetName(), Namespace: namespace, Kind: evaluated.Kind, Resource: evaluated.Resource,
		Operation: operation, Username: user, Object: object, OldObject: old,
	}
	theirs := p.upstream.Validate(t.Context(), attributes)
	ours, err := p.ours.Validate(t.Context(), evaluated)
	require.NoError(t, err)

	if !theirs.Allowed {
		require.True(t, ours.Denied(), theirs.Result.Message)
		for _, cause := range theirs.Result.Details.Causes { // of labels
			assert.Contains(t, ours.Denial(), cause.Field+": "+cause.Message)
		}
		_, refusal, _ := strings.Cut(theirs.Result.Message, ": ")
		if len(theirs.Result.Details.Causes) == 0 {
			assert.Contains(t, ours.Denial(), refusal)
		}
		return refusal
	}
	require.False(t, ours.Denied())
	var warnings, audited []string
	for _, line := range Lines(ours.With(v1alpha1.Warn)) {
		if line.Existing { // a wrong label, of which Kubernetes says nothing
			continue
		}
		warnings = append(warnings, strings.TrimPrefix(line.Text, "pod-security: "))
	}
	assert.Equal(t, theirs.Warnings, warnings)
	for _, line := range Lines(ours.With(v1alpha1.Audit)) {
		audited = append(audited, strings.TrimPrefix(line.Text, "pod-security: "))
	}
	// What was warned of is in the audit log as such.
	if warnings == nil {
		assert.Equal(t, theirs.AuditAnnotations[psa.AuditViolationsAnnotationKey], strings.Join(audited, ""))
	}
	return strings.Join(append(warnings, audited...), "; ")
}

func review(t *testing.T, operation admissionv1.Operation, namespace, user string, object, old workload.Object) *workload.Review {
	t.Helper()
	gvk := object.GetObjectKind().GroupVersionKind()
	resource, _ := workload.ResourceFor(gvk)
	request := &admissionv1.AdmissionRequest{
		Name: object.GetName(), Namespace: namespace, Operation: operation, UserInfo: authenticationv1.UserInfo{Username: user},
		Kind: metav1.GroupVersionKind(gvk), Resource: metav1.GroupVersionResource(resource), Object: runtime.RawExtension{Raw: rawJSON(t, object)},
	}
	if old != nil {
		request.OldObject.Raw = rawJSON(t, old)
	}
	made, err := workload.NewReview(request)
	require.NoError(t, err)
	return made
}

func rawJSON(t *testing.T, object any) []byte {
	t.Helper()
	raw, err := json.Marshal(object)
	require.NoError(t, err)
	return raw
}

// samplePods are one that keeps every standard, and others that do not.
func samplePods() []*corev1.Pod {
	pod := func(name string, change func(*corev1.PodSpec)) *corev1.Pod {
		pod := &corev1.Pod{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
			ObjectMeta: metav1.ObjectMeta{Name: name},
			Spec: corev1.PodSpec{Containers: []corev1.Container{
				{Name: "web", SecurityContext: &corev1.SecurityContext{
					RunAsNonRoot: new(true), AllowPrivilegeEscalation: new(false),
					Capabilities:   &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
					SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
				}},
				{Name: "sidecar"},
			}},
		}
		pod.Spec.Containers[1].SecurityContext = pod.Spec.Containers[0].SecurityContext.DeepCopy()
		change(&pod.Spec)
		return pod
	}
	host := func(spec *corev1.PodSpec) {
		spec.HostPID = true
		spec.Containers[0].SecurityContext.Capabilities.Add = []corev1.Capability{"SYS_ADMIN"}
		spec.Volumes = []corev1.Volume{{Name: "host", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: "/"}}}}
	}
	return []*corev1.Pod{
		pod("good", func(*corev1.PodSpec) {}),
		pod("bare", func(spec *corev1.PodSpec) {
			spec.Containers[0].SecurityContext, spec.Containers[1].SecurityContext = nil, nil
		}),
		pod("b-bare", func(spec *corev1.PodSpec) { spec.Containers[0].SecurityContext = nil }),
		pod("host", host),
		pod("b-host", host),
		pod("c-host", host),
		pod("kata", func(spec *corev1.PodSpec) { spec.HostNetwork, spec.RuntimeClassName = true, new("kata") }),
		pod("probe", func(spec *corev1.PodSpec) {
			spec.Containers[0].LivenessProbe = &corev1.Probe{ProbeHandler: corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Host: "10.0.0.1"}}}
		}),
	}
}

// sampleLabels are many ways to label a Namespace, wrong ones among them.
func sampleLabels() (all []map[string]string) {
	const prefix = "pod-security.kubernetes.io/"
	for _, enforce := range []string{"", "privileged", "baseline", "restricted", "basline"} {
		for _, version := range []string{"", "latest", "v1.0", "v1.33", "v1.99", "1.33"} {
			for _, other := range []string{"", "audit=restricted", "warn=restricted", "warn=privileged,audit=baseline", "warn-version=v1.0", "audit=no"} {
				labels := map[string]string{"team": "shop"}
				if enforce != "" {
					labels[prefix+"enforce"] = enforce
				}
				if version != "" {
					labels[prefix+"enforce-version"] = version
				}
				for label := range strings.SplitSeq(other, ",") {
					if mode, value, set := strings.Cut(label, "="); set {
						labels[prefix+mode] = value
					}
				}
				all = append(all, labels)
			}
		}
	}
	return all
}

func TestPodSecurityEvaluatesPodsAndTemplatesAsKubernetes(t *testing.T) {
	p := newPodSecurity(t)
	said := map[string]bool{}
	for _, p.labels = range sampleLabels() {
		for _, pod := range samplePods() {
			for _, namespace := range []string{"shop", "exempt"} {
				for _, user := range []string{"joe", "jane"} {
					said[p.compare(t, admissionv1.Create, namespace, user, pod, nil)] = true
					template := &corev1.PodTemplate{
						TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "PodTemplate"},
						ObjectMeta: metav1.ObjectMeta{Name: "template"},
						Template:   corev1.PodTemplateSpec{Spec: pod.Spec},
					}
					said[p.compare(t, admissionv1.Create, namespace, user, template, nil)] = true
				}
			}
			if t.Failed() {
				t.Fatalf("%s, labels %v", pod.Name, p.labels)
			}
		}
	}
	assert.Greater(t, len(said), 40)
}

func TestPodSecurityEvaluatesLabelsAsKubernetes(t *testing.T) {
	p := newPodSecurity(t)
	p.pods = samplePods()
	said := map[string]bool{}
	for _, name := range []string{"shop", "exempt"} {
		for _, now := range sampleLabels() {
			said[p.compare(t, admissionv1.Create, name, "jane", namespaceWith(name, now), nil)] = true
			for some := range slices.Chunk(sampleLabels(), 7) {
				before := some[0]
				if wrong(before) && wrong(now) && !maps.Equal(before, now) {
					continue // where Kubernetes refuses to mend one of two wrong labels
				}
				said[p.compare(t, admissionv1.Update, name, "jane", namespaceWith(name, now), namespaceWith(name, before))] = true
				if t.Failed() {
					t.Fatalf("%s: from %v to %v", name, before, now)
				}
			}
		}
	}
	assert.Greater(t, len(said), 20)
}

func namespaceWith(name string, labels map[string]string) *corev1.Namespace {
	return &corev1.Namespace{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Namespace"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: labels},
	}
}

func wrong(labels map[string]string) bool {
	_, mistakes := psa.PolicyToEvaluate(labels, psa.Policy{})
	return len(mistakes) > 0
}

func TestPodSecurityCannotListPods(t *testing.T) {
	before, now := namespaceWith("shop", nil), namespaceWith("shop", map[string]string{psa.EnforceLevelLabel: "restricted"})
	p := newPodSecurity(t)
	p.failure = errors.New("timeout")
	assert.Equal(t, "failed to list pods while checking new PodSecurity enforce level",
		p.compare(t, admissionv1.Update, "shop", "jane", now, before))

	// What has been listed in time is checked, where Kubernetes gives up.
	p.pods = samplePods()
	d, err := p.ours.Validate(t.Context(), review(t, admissionv1.Update, "shop", "jane", now, before))
	require.NoError(t, err)
	lines := Lines(d.Findings)
	require.Len(t, lines, 3)
	assert.Equal(t, "pod-security: new PodSecurity enforce level only checked against the first 2 of 8 existing pods", lines[0].Text)
	assert.Equal(t, `pod-security: existing pods in namespace "shop" violate the new PodSecurity enforce level "restricted:latest"`, lines[1].Text)
}

func TestPodSecurityChecksNoMorePodsThanKubernetes(t *testing.T) {
	p := newPodSecurity(t)
	for i := range 3001 {
		pod := samplePods()[1]
		pod.Name = fmt.Sprintf("bare-%04d", i)
		p.pods = append(p.pods, pod)
	}
	said := p.compare(t, admissionv1.Update, "shop", "jane",
		namespaceWith("shop", map[string]string{psa.EnforceLevelLabel: "restricted"}), namespaceWith("shop", nil))
	assert.Contains(t, said, "new PodSecurity enforce level only checked against the first 3000 of 3001 existing pods")
	assert.Contains(t, said, "bare-0000 (and 2999 other pods): ")
}
