package validators

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	psa "k8s.io/pod-security-admission/api"
	"k8s.io/utils/ptr"

	"taffrail.dev/taffrail/internal/workload"
)

// maxExisting bounds the Pods that a change of labels is checked against.
const maxExisting = 3000

// existing are the Pods of a Namespace that break what it is to enforce.
type existing struct {
	checked, total int
	// broken are the Pods that break the same controls, by what these say.
	broken map[string]*alike
}

// alike are Pods that break the same controls.
type alike struct {
	first string // by name
	count int
}

// warnExisting tells of the Pods that are there already and would not be let in
// any longer, in Kubernetes' words.
func (o *obeyed) warnExisting(r *workload.Review, level psa.LevelVersion) []Finding {
	warn := func(detail string, words Words) Finding { return aboutEnforce(level, detail, words) }
	found, err := o.existing(r, o.controls.of(level))
	if err != nil && found.checked == 0 {
		return []Finding{warn("must be checked against the Pods that are there, which could not be listed",
			Words{Intro: "failed to list pods while checking new PodSecurity enforce level"})}
	}
	var findings []Finding
	if found.checked < found.total {
		findings = append(findings, warn("must be checked against all Pods that are there, of which there are too many", Words{Intro: fmt.Sprintf(
			"new PodSecurity enforce level only checked against the first %d of %d existing pods", found.checked, found.total)}))
	}
	if len(found.broken) > 0 {
		findings = append(findings, warn("must be kept by the Pods that are there", Words{Intro: fmt.Sprintf(
			"existing pods in namespace %q violate the new PodSecurity enforce level %q", r.Namespace, level.String())}))
	}
	var pods []Finding
	for reasons, alike := range found.broken {
		pods = append(pods, warn("must be kept by the Pods that are there", Words{Intro: alike.String(), Reason: reasons}))
	}
	slices.SortFunc(pods, func(a, b Finding) int { return strings.Compare(a.Words.Intro+":", b.Words.Intro+":") })
	return append(findings, pods...)
}

// existing evaluates Pods page by page: a Namespace may have more of them than
// fit in memory. The error tells that some could not be listed.
func (o *obeyed) existing(r *workload.Review, controls []control) (existing, error) {
	found := existing{broken: map[string]*alike{}}
	listed := 0
	for page, err := range r.Pods() {
		if err != nil {
			return found, err
		}
		for i := range page.Items[:min(len(page.Items), maxExisting-found.checked)] {
			found.checked++
			o.add(&found, &page.Items[i], controls)
		}
		listed += len(page.Items)
		found.total = listed + int(ptr.Deref(page.RemainingItemCount, 0))
		if found.checked == maxExisting {
			break
		}
	}
	return found, nil
}

func (o *obeyed) add(found *existing, pod *corev1.Pod, controls []control) {
	view := &workload.Pod{Meta: &pod.ObjectMeta, Spec: &pod.Spec}
	if o.exemptsRuntimeClass(view) {
		return
	}
	var reasons []string
	for _, f := range o.podSecurity.evaluate(view, controls) {
		if !slices.Contains(reasons, f.Words.Reason) {
			reasons = append(reasons, f.Words.Reason)
		}
	}
	if len(reasons) == 0 {
		return
	}
	key := strings.Join(reasons, ", ")
	pods := found.broken[key]
	if pods == nil {
		pods = &alike{first: pod.Name}
		found.broken[key] = pods
	}
	pods.first = min(pods.first, pod.Name)
	pods.count++
}

// String names the Pods as Kubernetes does.
func (a *alike) String() string {
	switch a.count {
	case 1:
		return a.first
	case 2:
		return a.first + " (and 1 other pod)"
	default:
		return fmt.Sprintf("%s (and %d other pods)", a.first, a.count-1)
	}
}
