//go:build linux

package through

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	corev1 "k8s.io/api/core/v1"

	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/e2e/load"
)

// Cost is what the creation of a Pod has cost in a way.
type Cost struct {
	Way   string
	Users int
	// P50 and P99 are how long one took, in microseconds.
	P50, P99 float64
	// APIServer and Webhook are the processor time of one, in microseconds.
	APIServer, Webhook float64
}

// MedianTime is how long one in two takes at most, in microseconds.
func (c Cost) MedianTime() float64 { return c.P50 }

// SlowTime is how long all but one in a hundred take at most, in microseconds.
func (c Cost) SlowTime() float64 { return c.P99 }

// OfAPIServer is the processor time of the API server.
func (c Cost) OfAPIServer() float64 { return c.APIServer }

// OfWebhook is the processor time of the webhook.
func (c Cost) OfWebhook() float64 { return c.Webhook }

// Both is the processor time of both.
func (c Cost) Both() float64 { return c.APIServer + c.Webhook }

// Pod is the Pod of a review that an API server sent, as a client would send it.
func Pod(review []byte) ([]byte, error) {
	var r admissionv1.AdmissionReview
	if err := json.Unmarshal(review, &r); err != nil {
		return nil, err
	}
	var pod corev1.Pod
	if err := json.Unmarshal(r.Request.Object.Raw, &pod); err != nil {
		return nil, err
	}
	pod.UID, pod.CreationTimestamp.Time, pod.ManagedFields, pod.Namespace = "", time.Time{}, nil, "default"
	pod.OwnerReferences, pod.Status = nil, corev1.PodStatus{}
	pod.Name, pod.GenerateName = "measured", ""
	return json.Marshal(&pod)
}

// Measure has so many users create a Pod so many times altogether, none of which is stored.
func (c *Cluster) Measure(ctx context.Context, way string, webhook *load.Server, pod []byte, users, times int) (Cost, error) {
	before, err := c.used(webhook)
	if err != nil {
		return Cost{}, err
	}
	took := hdrhistogram.New(1, time.Minute.Microseconds(), 3)
	var mu sync.Mutex
	var wg sync.WaitGroup
	var begun atomic.Int64
	var failed error
	for range users {
		wg.Go(func() {
			own := hdrhistogram.New(1, time.Minute.Microseconds(), 3)
			for begun.Add(1) <= int64(times) && ctx.Err() == nil {
				start := time.Now()
				status, answer, err := c.Create(ctx, pod)
				if err == nil && status != http.StatusCreated {
					err = fmt.Errorf("%d: %s", status, answer)
				}
				if err == nil {
					err = own.RecordValue(time.Since(start).Microseconds())
				}
				if err != nil {
					mu.Lock()
					failed = errors.Join(failed, fmt.Errorf("%s: create a Pod: %w", way, err))
					mu.Unlock()
					return
				}
			}
			mu.Lock()
			defer mu.Unlock()
			took.Merge(own)
		})
	}
	wg.Wait()
	if failed != nil {
		return Cost{}, failed
	}
	after, err := c.used(webhook)
	each := func(d time.Duration) float64 { return float64(d.Microseconds()) / float64(times) }
	return Cost{
		Way: way, Users: users, P50: float64(took.ValueAtPercentile(50)), P99: float64(took.ValueAtPercentile(99)),
		APIServer: each(after.apiServer - before.apiServer), Webhook: each(after.webhook - before.webhook),
	}, err
}

// processorTime is what two processes have used since they began.
type processorTime struct{ apiServer, webhook time.Duration }

func (c *Cluster) used(webhook *load.Server) (t processorTime, err error) {
	if t.apiServer, err = load.ProcessorTime(c.APIServer); err != nil || webhook == nil {
		return t, err
	}
	t.webhook, err = load.ProcessorTime(webhook.Pid())
	return t, err
}
