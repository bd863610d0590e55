package podsecurity

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

// existing are the Pods of a Namespace that violate what it is to enforce.
type existing struct {
	checked, total int
	// violating are the Pods that violate the same controls, by what these say.
	violating map[string]*alike
}

// alike are Pods that violate the same controls.
type alike struct {
	first string // by name
	count int
}

// warnExisting tells of the Pods that are there already and would not be let in any longer, in
// Kubernetes' words.
func (a *Admission) warnExisting(r *workload.Review, level psa.LevelVersion) []Violation {
	warn := func(detail string, words Words) Violation { return aboutEnforce(level, detail, words) }
	found, err := a.existing(r, a.standards.of(level))
	if err != nil && found.checked == 0 {
		return []Violation{warn("must be checked against the Pods that are there, which could not be listed",
			Words{Intro: "failed to list pods while checking new PodSecurity enforce level"})}
	}
	var violations []Violation
	if found.checked < found.total {
		violations = append(violations, warn("must be checked against all Pods that are there, of which there are too many", Words{Intro: fmt.Sprintf(
			"new PodSecurity enforce level only checked against the first %d of %d existing pods", found.checked, found.total)}))
	}
	if len(found.violating) > 0 {
		violations = append(violations, warn("must be kept by the Pods that are there", Words{Intro: fmt.Sprintf(
			"existing pods in namespace %q violate the new PodSecurity enforce level %q", r.Namespace, level.String())}))
	}
	var pods []Violation
	for reasons, alike := range found.violating {
		pods = append(pods, warn("must be kept by the Pods that are there", Words{Intro: alike.String(), Reason: reasons}))
	}
	slices.SortFunc(pods, func(a, b Violation) int { return strings.Compare(a.Words.Intro+":", b.Words.Intro+":") })
	return append(violations, pods...)
}

// existing evaluates Pods page by page: a Namespace may have more of them than fit in memory. The
// error tells that some could not be listed.
func (a *Admission) existing(r *workload.Review, standard Standard) (existing, error) {
	found := existing{violating: map[string]*alike{}}
	listed := 0
	for page, err := range r.Pods() {
		if err != nil {
			return found, err
		}
		for i := range page.Items[:min(len(page.Items), maxExisting-found.checked)] {
			found.checked++
			a.add(&found, &page.Items[i], standard)
		}
		listed += len(page.Items)
		found.total = listed + int(ptr.Deref(page.RemainingItemCount, 0))
		if found.checked == maxExisting {
			break
		}
	}
	return found, nil
}

func (a *Admission) add(found *existing, pod *corev1.Pod, standard Standard) {
	view := &workload.Pod{Meta: &pod.ObjectMeta, Spec: &pod.Spec}
	if a.exemptsRuntimeClass(view) {
		return
	}
	var reasons []string
	for _, v := range standard.evaluate(view) {
		if !slices.Contains(reasons, v.Words.Reason) {
			reasons = append(reasons, v.Words.Reason)
		}
	}
	if len(reasons) == 0 {
		return
	}
	key := strings.Join(reasons, ", ")
	pods := found.violating[key]
	if pods == nil {
		pods = &alike{first: pod.Name}
		found.violating[key] = pods
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
