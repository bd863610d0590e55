//go:build overload && linux

package overload

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTimesTheCapacity sends small reviews at a rate that a replica can bear, at twice and at five times
// that. What can be served is served fast, what cannot is answered before the API server stops waiting,
// and nothing is let in that must not be.
func TestTimesTheCapacity(t *testing.T) {
	program := build(t)
	capacity := capacityOf(t, program)
	var all []measured
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 1, ' ', tabwriter.AlignRight|tabwriter.Debug)
	fmt.Fprintln(columns, "times\treviews/s\theld\tsent\tevaluated\tbusy\tlost\tp50\tp99\tbusy after (most)\tpeak memory\t")
	for _, times := range []float64{0.8, 1, 2, 5} {
		t.Run(fmt.Sprint(times), func(t *testing.T) {
			server := start(t, program)
			server.slowDown(t)
			server.closedLoop(t, 2*time.Second) // connections are made, and code is in memory
			o := server.openLoop(t, times*capacity, 8*time.Second)
			peak := server.peak(t)
			all = append(all, measured{times, times * capacity, o, peak})
			fmt.Fprintf(columns, "%.1f\t%.0f\t%d\t%d\t%d\t%d\t%d\t%s\t%s\t%s\t%.0f MiB\t\n", times, times*capacity, o.held.Load(), o.sent, o.evaluated, o.busy, o.lost,
				at(o.took, 50), at(o.took, 99), at(o.busyAfter, 100), float64(peak)/(1<<20))
			assert.Zero(t, o.letIn, "Pods that must be refused and were let in")
			assert.Empty(t, o.wrong, "answers that are none")
			assert.NotZero(t, o.evaluated)
			assert.Less(t, peak, memoryLimit, "bytes of memory at the peak")
		})
	}
	_ = columns.Flush()
	fmt.Fprintf(os.Stdout, "\nA replica that has half a processor bears %.0f reviews a second.\n%s", capacity, table.String())
	writePage(t, program, capacity, all)
}

// slowDown gives the server half a processor: whoever sends five times what it bears is on the
// same machine, and must not be what is slow.
func (s *server) slowDown(t *testing.T) {
	t.Helper()
	pid := []byte(fmt.Sprint(s.process.Pid))
	for _, root := range []struct{ folder, file, quota string }{
		{"/sys/fs/cgroup", "cpu.max", "5000 10000"},
		{"/sys/fs/cgroup/cpu", "cpu.cfs_quota_us", "5000"},
	} {
		group := filepath.Join(root.folder, fmt.Sprintf("taffrail-capacity-%d", s.process.Pid))
		if os.Mkdir(group, 0o755) != nil {
			continue
		}
		// Where the versions are mixed, the first is a directory like any other.
		if _, err := os.Stat(filepath.Join(group, "cgroup.procs")); err != nil {
			_ = os.Remove(group)
			continue
		}
		t.Cleanup(func() {
			_ = s.process.Kill()
			<-s.ended
			_ = os.Remove(group)
		})
		_ = os.WriteFile(filepath.Join(group, "cpu.cfs_period_us"), []byte("10000"), 0o600)
		if os.WriteFile(filepath.Join(group, root.file), []byte(root.quota), 0o600) == nil &&
			os.WriteFile(filepath.Join(group, "cgroup.procs"), pid, 0o600) == nil {
			return
		}
		_ = os.Remove(group)
	}
	require.Fail(t, "no control group for the processor can be made here")
}

func capacityOf(t *testing.T, program string) float64 {
	t.Helper()
	server := start(t, program)
	server.slowDown(t)
	server.closedLoop(t, 2*time.Second)
	n := server.closedLoop(t, 5*time.Second)
	return float64(n) / 5
}

// pods are reviews, of which every other one must be refused.
var pods = [2]string{podOf(3, container), podOf(3, `{"name":"web","image":"r.io/web:latest"}`)}

// closedLoop keeps 16 connections busy, and tells how many reviews were answered.
func (s *server) closedLoop(t *testing.T, d time.Duration) int64 {
	t.Helper()
	client := apiServer(16)
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var answered atomic.Int64
	var group sync.WaitGroup
	for i := range 16 {
		group.Go(func() {
			for ctx.Err() == nil {
				if o := s.ask(client, validate, pods[i%2]); o.status != 0 {
					answered.Add(1)
				}
			}
		})
	}
	group.Wait()
	return answered.Load()
}

// apiServer sends as one does: it keeps so many connections that it does not use.
func apiServer(kept int) *http.Client {
	return &http.Client{
		Timeout:   patience,
		Transport: &http.Transport{TLSClientConfig: insecure(), MaxIdleConnsPerHost: kept, MaxIdleConns: 0, IdleConnTimeout: 90 * time.Second},
	}
}

// answer is what became of one review. Without a status there was none in time.
type answer struct {
	status int
	text   string
}

func (s *server) ask(client *http.Client, path, body string) answer {
	response, err := client.Post("https://"+s.address+path+"?timeout=2s", "application/json", strings.NewReader(body))
	if err != nil {
		return answer{}
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}
	}
	return answer{response.StatusCode, string(text)}
}

// answers are what became of many.
type answers struct {
	mu                          sync.Mutex
	sent, evaluated, busy, lost int64
	letIn                       int64
	held                        atomic.Int64 // by the API server
	wrong                       []string
	took, busyAfter             *hdrhistogram.Histogram // microseconds
}

// inFlight is how many writes an API server has in work at a time (--max-mutating-requests-inflight): what
// comes beyond it is refused there, and no webhook hears of it.
const inFlight = 200

// openLoop begins so many reviews a second, whatever becomes of those before, from three API servers.
func (s *server) openLoop(t *testing.T, rate float64, d time.Duration) *answers {
	t.Helper()
	all := &answers{took: hdrhistogram.New(1, time.Minute.Microseconds(), 3), busyAfter: hdrhistogram.New(1, time.Minute.Microseconds(), 3)}
	senders := []*http.Client{apiServer(25), apiServer(25), apiServer(25)}
	inWork := [3]atomic.Int64{}
	var group sync.WaitGroup
	began := time.Now()
	for i := 0; ; i++ {
		due := began.Add(time.Duration(float64(i) / rate * float64(time.Second)))
		if due.Sub(began) > d {
			break
		}
		time.Sleep(time.Until(due))
		path, which := []string{validate, mutate}[i%2], i/2%2
		if inWork[i%3].Add(1) > inFlight {
			inWork[i%3].Add(-1)
			all.held.Add(1)
			continue
		}
		group.Go(func() {
			defer inWork[i%3].Add(-1)
			a := s.ask(senders[i%3], path, pods[which])
			all.add(path, which == 1, a, time.Since(due))
		})
	}
	group.Wait()
	for _, c := range senders {
		c.CloseIdleConnections()
	}
	return all
}

func (a *answers) add(path string, mustBeRefused bool, is answer, after time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sent++
	allowed := strings.Contains(is.text, `"allowed":true`)
	switch {
	case is.status == 0:
		a.lost++
	case is.status == http.StatusOK && (strings.Contains(is.text, "taffrail is busy") || strings.Contains(is.text, "taffrail set no defaults")):
		a.busy++
		_ = a.busyAfter.RecordValue(after.Microseconds())
		if path == validate && allowed {
			a.letIn++
		}
	case is.status == http.StatusOK:
		a.evaluated++
		_ = a.took.RecordValue(after.Microseconds())
		if path == validate && mustBeRefused && allowed {
			a.letIn++
		}
	default:
		a.wrong = append(a.wrong, fmt.Sprintf("%s: %d %s", path, is.status, tail(is.text)))
	}
}

func at(h *hdrhistogram.Histogram, percentile float64) time.Duration {
	return (time.Duration(h.ValueAtPercentile(percentile)) * time.Microsecond).Round(100 * time.Microsecond)
}
