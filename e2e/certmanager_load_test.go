//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const admissionsPerSecond = 50

// steadyLoad is dry-run creations of Pods, 50 a second, that go through the API server while something is done to
// Taffrail. Every second Pod has an image without a tag, which the Guardrail no-latest refuses.
type steadyLoad struct {
	client kubernetes.Interface
	cancel context.CancelFunc
	under  sync.WaitGroup

	mu             sync.Mutex
	taken, refused int
	failures       []error
}

// admitSteadily begins to send. End it with mustBeAnswered.
func admitSteadily(t *testing.T, namespace string) *steadyLoad {
	t.Helper()
	config := rest.CopyConfig(cluster.config)
	config.QPS = -1 // the client's own limit is below what is sent
	client, err := kubernetes.NewForConfig(config)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	a := &steadyLoad{client: client, cancel: cancel}
	t.Cleanup(func() { cancel(); a.under.Wait() })
	a.under.Go(func() {
		ticker := time.NewTicker(time.Second / admissionsPerSecond)
		defer ticker.Stop()
		for bad := false; ; bad = !bad {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				a.under.Go(func() { a.count(bad, a.create(namespace, bad)) })
			}
		}
	})
	return a
}

// create is one admission. It has a context of its own: what has begun is answered when the sending ends.
func (a *steadyLoad) create(namespace string, bad bool) error {
	image := "registry.example.com/web:v1"
	if bad {
		image = "registry.example.com/web"
	}
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: image}}},
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	_, err := a.client.CoreV1().Pods(namespace).Create(ctx, pod, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	return err
}

func (a *steadyLoad) count(bad bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case !bad && err == nil:
		a.taken++
	case bad && err != nil && strings.Contains(err.Error(), "image-latest-tag: spec.containers[0].image"):
		a.refused++
	case bad && err == nil:
		a.failures = append(a.failures, fmt.Errorf("%s: a bad Pod was let in", time.Now().Format(time.TimeOnly)))
	default:
		a.failures = append(a.failures, fmt.Errorf("%s: %w", time.Now().Format(time.TimeOnly), err))
	}
}

func (a *steadyLoad) answered() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.taken + a.refused + len(a.failures)
}

// more waits until a number of admissions have been answered from now on.
func (a *steadyLoad) more(t *testing.T, number int) {
	t.Helper()
	before := a.answered()
	require.Eventually(t, func() bool { return a.answered() >= before+number }, 3*soon, interval)
}

// mustBeAnswered ends the sending and fails the test unless every good Pod was taken, and every bad one refused in our
// words.
func (a *steadyLoad) mustBeAnswered(t *testing.T) {
	t.Helper()
	a.cancel()
	a.under.Wait()
	t.Logf("admissions: %d taken, %d refused, %d failed", a.taken, a.refused, len(a.failures))
	require.Empty(t, a.failures)
	require.NotZero(t, a.taken)
	require.NotZero(t, a.refused)
}
