//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	corev1client "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
)

// admissionsPerSecond go through the API server while something is done to Taffrail.
const admissionsPerSecond = 50

// admissions are sent at a steady pace. Four in five are Pods that must be let
// in, with defaults where the Guardrail has some; the fifth has an image without
// a tag, and must be refused in our words. Anything else has failed. So a hole
// (the mutating webhook fails open) is seen as well as an outage.
type admissions struct {
	defaults bool
	stop     chan struct{}
	done     sync.WaitGroup

	mu       sync.Mutex
	took     []time.Duration
	failures map[string]int
}

// admit sends so many admissions a second until it is ended. They are dry runs:
// nothing is made of them.
func admit(t *testing.T, perSecond int, defaults bool) *admissions {
	t.Helper()
	config := rest.CopyConfig(cluster(t).config)
	config.QPS = -1 // the pace is ours
	config.Timeout = 20 * time.Second
	config.WarningHandler = rest.NoWarnings{}
	clients, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	pods := clients.CoreV1().Pods(cluster(t).namespace(t))
	a := &admissions{defaults: defaults, stop: make(chan struct{}), failures: map[string]int{}}
	a.done.Go(func() {
		ticker := time.NewTicker(time.Second / time.Duration(perSecond))
		defer ticker.Stop()
		for n := 0; ; n++ {
			select {
			case <-a.stop:
				return
			case <-ticker.C:
				a.done.Go(func() { a.send(pods, n%5 != 0) })
			}
		}
	})
	t.Cleanup(a.end)
	return a
}

// send has a context of its own: what has begun is answered when the sending ends.
func (a *admissions) send(pods corev1client.PodInterface, good bool) {
	start := time.Now()
	pod, err := pods.Create(context.Background(), admitted(good), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	took := time.Since(start)
	failure := a.failure(good, pod, err)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.took = append(a.took, took)
	if failure != "" {
		a.failures[failure]++
	}
}

// end waits for the answers that are still to come.
func (a *admissions) end() {
	a.mu.Lock()
	select {
	case <-a.stop:
	default:
		close(a.stop)
	}
	a.mu.Unlock()
	a.done.Wait()
}

// more waits until so many admissions more have been answered.
func (a *admissions) more(t *testing.T, n int) {
	t.Helper()
	before := a.answered()
	require.Eventually(t, func() bool { return a.answered() >= before+n }, time.Minute, interval)
}

func (a *admissions) answered() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.took)
}

// result ends the sending, and answers its figures.
func (a *admissions) result() (sent, failed int, p50, p99 time.Duration, why string) {
	a.end()
	slices.Sort(a.took)
	for _, reason := range slices.Sorted(maps.Keys(a.failures)) {
		failed += a.failures[reason]
		why += fmt.Sprintf("\n%6d x %s", a.failures[reason], reason)
	}
	if n := len(a.took); n > 0 {
		p50, p99 = a.took[n/2], a.took[n*99/100]
	}
	return len(a.took), failed, p50, p99, why
}

// mustNotFail ends the sending, none of which may have failed.
func (a *admissions) mustNotFail(t *testing.T) {
	t.Helper()
	sent, failed, p50, p99, why := a.result()
	t.Logf("%d admissions, %d failed, p50 %s, p99 %s", sent, failed, p50.Round(time.Millisecond), p99.Round(time.Millisecond))
	require.Zero(t, failed, "admissions failed: %s", why)
	require.Greater(t, sent, admissionsPerSecond)
}

func admitted(good bool) *corev1.Pod {
	image := map[bool]string{true: "registry.example.com/web:1.0", false: "registry.example.com/web"}[good]
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "web-"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: image}}},
	}
}

// failure says what is wrong with an answer, or nothing.
func (a *admissions) failure(good bool, pod *corev1.Pod, err error) string {
	switch {
	case good && err != nil:
		return err.Error()
	case good && a.defaults && (pod.Spec.SecurityContext == nil || pod.Spec.SecurityContext.SeccompProfile == nil):
		return "let in without defaults"
	case !good && err == nil:
		return "let in though it breaks a rule"
	case !good && (!apierrors.IsForbidden(err) || !strings.Contains(err.Error(), "image-latest-tag: spec.containers[0].image")):
		return err.Error()
	}
	return ""
}
