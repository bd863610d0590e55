//go:build overload && linux

// Package overload sends the shipped program more than it can take, within the memory that it is
// shipped with, while honest reviews go on. `make overload` prints what became of them.
package overload

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"text/tabwriter"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// memoryLimit is that of deploy/base/deployment.yaml (TestTheLimitsAreThoseShipped compares), and
// heapLimit what the program has the collector go by, then.
const (
	memoryLimit = 128 << 20
	heapLimit   = memoryLimit * 5 / 8
)

// a load is what is sent beside the honest reviews. It ends by itself, in less than half a minute.
type load struct {
	name string
	send func(ctx context.Context, s *server) outcome
}

var loads = []load{
	{"none", func(context.Context, *server) outcome { return outcome{} }},
	{"1 × 900 kB: 300,000 empty containers", func(ctx context.Context, s *server) outcome {
		return s.flood(ctx, 1, 3, validate, podOf(300_000, `{}`))
	}},
	{"1 × 900 kB, to be completed", func(ctx context.Context, s *server) outcome {
		return s.flood(ctx, 1, 3, mutate, podOf(300_000, `{}`))
	}},
	{"20 × 7 MiB at a time: text", func(ctx context.Context, s *server) outcome {
		return s.flood(ctx, 20, 60, validate, configMapOf(7<<20-1<<10))
	}},
	{"20 × 7 MiB at a time: empty containers", func(ctx context.Context, s *server) outcome {
		return s.flood(ctx, 20, 60, validate, podOf(2_400_000, `{}`))
	}},
	{"300 slow senders of 7 MiB", func(ctx context.Context, s *server) outcome {
		return s.slowSenders(ctx, 300, configMapOf(7<<20-1<<10))
	}},
	{"300 slow senders of 60 kB", func(ctx context.Context, s *server) outcome {
		return s.slowSenders(ctx, 300, configMapOf(60<<10))
	}},
	{"300 slow readers", func(ctx context.Context, s *server) outcome {
		return s.slowReaders(ctx, 300, podOf(30, container))
	}},
	{"300 slow readers of large answers", func(ctx context.Context, s *server) outcome {
		return s.slowReaders(ctx, 300, podOf(900, container))
	}},
	{"1,000 connections that say nothing", func(ctx context.Context, s *server) outcome {
		return s.silent(ctx, 1000)
	}},
	{"45,000 containers, 20 at a time", func(ctx context.Context, s *server) outcome {
		return s.flood(ctx, 20, 100, validate, podOf(45_000, container))
	}},
	{"100 dry runs at a time of 8,000 containers", func(ctx context.Context, s *server) outcome {
		return s.flood(ctx, 100, 300, mutate, podOf(8_000, container))
	}},
	{"100 at a time of 1,000 containers, completed", func(ctx context.Context, s *server) outcome {
		return s.flood(ctx, 100, 200, mutate, podOf(1_000, container))
	}},
	{"100 at a time of 1,000 containers", func(ctx context.Context, s *server) outcome {
		return s.flood(ctx, 100, 200, validate, podOf(1_000, container))
	}},
	{"100 at a time of 300,000 values", func(ctx context.Context, s *server) outcome {
		return s.flood(ctx, 100, 300, validate, roleOf(20_000))
	}},
}

// TestOverload asserts what must hold on any machine: the memory, and that no honest
// review fails. How long they take is printed.
func TestOverload(t *testing.T) {
	program := build(t)
	var table strings.Builder
	columns := tabwriter.NewWriter(&table, 0, 0, 1, ' ', tabwriter.AlignRight|tabwriter.Debug)
	fmt.Fprintln(columns, "load\tsent\tanswered\tpeak memory\thonest reviews\tfailures\tafter 2 s\tp50\tp99\tCPU\t")
	for _, load := range loads {
		t.Run(load.name, func(t *testing.T) {
			server := start(t, program)
			honest := server.honest(t)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			least := time.After(3 * time.Second)
			sent := load.send(ctx, server)
			<-least
			reviews := honest()
			peak := server.peak(t)
			fmt.Fprintf(columns, "%s\t%d\t%d\t%.0f MiB\t%d\t%d\t%d\t%s\t%s\t%s\t\n", load.name, sent.sent, sent.answered, float64(peak)/(1<<20),
				reviews.n, len(reviews.failures), reviews.late, reviews.percentile(50), reviews.percentile(99), server.cpu(t))
			assert.Empty(t, reviews.failures, "honest reviews that failed")
			assert.NotZero(t, reviews.n)
			assert.Less(t, peak, memoryLimit, "bytes of memory at the peak")
		})
	}
	_ = columns.Flush()
	fmt.Fprintf(os.Stdout, "\nMemory limit %d MiB (%s), GOMEMLIMIT %d MiB\n%s", memoryLimit>>20, hardLimit, heapLimit>>20, table.String())
}

func TestTheLimitsAreThoseShipped(t *testing.T) {
	deployment, err := os.ReadFile("../../deploy/base/deployment.yaml")
	require.NoError(t, err)
	assert.Contains(t, string(deployment), fmt.Sprintf("memory: %dMi #", memoryLimit>>20))
	assert.NotContains(t, string(deployment), "GOMEMLIMIT", "the program goes by the limit of its container")
}
