//go:build overload && linux

package overload

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	validate = "/validate"
	mutate   = "/mutate"
)

// reviews are what became of the honest ones.
type reviews struct {
	mu       sync.Mutex
	n        int
	failures []string
	took     []time.Duration
	late     int // of those that did not fail
}

// An API server waits 2 s, and the server goes by that. That an answer comes later
// is counted apart: on a machine that is busy otherwise it says nothing of the server.
const (
	patience = 2 * time.Second
	forever  = 20 * time.Second
)

// honest sends 50 reviews a second as an API server does, with its patience, until
// the function that it returns is called.
func (s *server) honest(t *testing.T) func() *reviews {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: insecure(), MaxIdleConnsPerHost: 25}}
	body := podOf(3, container)
	ctx, stop := context.WithCancel(t.Context())
	all := &reviews{}
	var group sync.WaitGroup
	group.Go(func() {
		ticker := time.NewTicker(time.Second / 50)
		defer ticker.Stop()
		for i := 0; ; i++ {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				group.Go(func() { all.send(client, s.address, []string{validate, mutate}[i%2], body) })
			}
		}
	})
	return func() *reviews {
		stop()
		group.Wait()
		client.CloseIdleConnections()
		return all
	}
}

func (r *reviews) send(client *http.Client, address, path, body string) {
	began := time.Now()
	err := reviewed(client, address, path, body)
	took := time.Since(began)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.n++
	r.took = append(r.took, took)
	if err == nil && took > patience {
		r.late++
	}
	if err != nil {
		r.failures = append(r.failures, fmt.Sprintf("%s after %s: %v", path, took, err))
	}
}

func reviewed(client *http.Client, address, path, body string) error {
	ctx, cancel := context.WithTimeout(context.Background(), forever)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+address+path+"?timeout=2s", strings.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case !strings.Contains(string(answer), `"uid":"u-1","allowed":true`), strings.Contains(string(answer), "taffrail set no defaults"):
		return fmt.Errorf("%s: %s", response.Status, tail(string(answer)))
	}
	return nil
}

func (r *reviews) percentile(p int) time.Duration {
	slices.Sort(r.took)
	if len(r.took) == 0 {
		return 0
	}
	return r.took[min(len(r.took)-1, len(r.took)*p/100)].Round(100 * time.Microsecond)
}
