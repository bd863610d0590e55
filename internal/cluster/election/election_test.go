package election_test

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/apitest"
	"taffrail.dev/taffrail/internal/cluster/election"
)

const patience, tick = time.Minute, 100 * time.Millisecond

// candidate is one that runs, and how often it led and lost.
type candidate struct {
	leading, led, lost atomic.Int64
	stop               func()
}

func start(t *testing.T, server *apitest.Server) *candidate {
	t.Helper()
	leases, err := cluster.NewClients(server.Config()).Leases()
	require.NoError(t, err)
	c := &candidate{}
	elected, err := election.New(election.Options{
		Leases: leases, Namespace: "taffrail-system", Lease: "a-lease",
		Lead: func(ctx context.Context) {
			c.led.Add(1)
			c.leading.Add(1)
			<-ctx.Done()
			c.leading.Add(-1)
		},
		Lost: func() { c.lost.Add(1) },
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		assert.NoError(t, elected.Run(ctx))
	}()
	c.stop = func() { cancel(); <-done }
	t.Cleanup(c.stop)
	return c
}

// One leads, whoever else is there; when it ends the next one does, sooner than its Lease would expire.
func TestOneOfTwoLeads(t *testing.T) {
	apitest.Bubble(t, func(t *testing.T) {
		server := apitest.New(t)
		first := start(t, server)
		require.Eventually(t, func() bool { return first.leading.Load() == 1 }, patience, tick)
		second := start(t, server)
		require.Never(t, func() bool { return second.led.Load() > 0 }, patience, time.Second)
		assert.NotEmpty(t, server.Requests("POST"), "the first one has made the Lease")

		first.stop()
		ended := time.Now()
		require.Eventually(t, func() bool { return second.leading.Load() == 1 }, patience, tick)
		assert.Less(t, time.Since(ended), election.LeaseDuration)
		assert.EqualValues(t, 1, first.lost.Load())
		assert.Zero(t, first.leading.Load())
	})
}
