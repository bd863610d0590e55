package turn_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/turn"
)

// queue has senders ask, one after the other, and keeps who was granted.
type queue struct {
	pool    *turn.Pool
	granted []string
}

func (q *queue) ask(ctx context.Context, name, sender string, amount int) {
	go func() {
		if q.pool.Take(ctx, sender, amount) == nil {
			q.granted = append(q.granted, name)
		}
	}()
	synctest.Wait()
}

func (q *queue) give(sender string, amount int) {
	q.pool.Give(sender, amount)
	synctest.Wait()
}

func TestWhatIsFreeIsGrantedAtOnce(t *testing.T) {
	pool := turn.NewPool(10)
	require.NoError(t, pool.Take(t.Context(), "a", 4))
	require.NoError(t, pool.Take(t.Context(), "b", 6))
	assert.Equal(t, 10, pool.InUse())
	assert.False(t, pool.TryTake("c", 1))
	pool.Give("a", 4)
	assert.True(t, pool.TryTake("c", 4))
}

func TestALargeAmountIsNotPassedBySmallOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue{pool: turn.NewPool(10)}
		q.ask(t.Context(), "first", "a", 6)
		q.ask(t.Context(), "large", "b", 9)
		q.ask(t.Context(), "small", "c", 2)
		assert.Equal(t, []string{"first"}, q.granted)
		q.give("a", 6)
		assert.Equal(t, []string{"first", "large"}, q.granted)
		q.give("b", 9)
		assert.Equal(t, []string{"first", "large", "small"}, q.granted)
	})
}

// Whoever sends many must not make the next one wait for all of them.
func TestTheSenderThatHoldsTheLeastComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue{pool: turn.NewPool(2)}
		for _, name := range []string{"many-1", "many-2", "many-3", "many-4"} {
			q.ask(t.Context(), name, "many", 1)
		}
		q.ask(t.Context(), "one", "one", 1)
		q.give("many", 1)
		assert.Equal(t, []string{"many-1", "many-2", "one"}, q.granted)
		q.give("many", 1)
		assert.Equal(t, []string{"many-1", "many-2", "one", "many-3"}, q.granted)
	})
}

// Of more than there is for, those that are served are served fast.
func TestTheNewestComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue{pool: turn.NewestFirst(2)}
		for _, name := range []string{"many-1", "many-2", "many-3", "many-4"} {
			q.ask(t.Context(), name, "many", 1)
		}
		q.ask(t.Context(), "one", "one", 1)
		q.ask(t.Context(), "many-5", "many", 1)
		q.give("many", 1)
		assert.Equal(t, []string{"many-1", "many-2", "one"}, q.granted, "a sender of many is no faster for it")
		q.give("many", 1)
		assert.Equal(t, []string{"many-1", "many-2", "one", "many-5"}, q.granted)
	})
}

func TestWhoGivesUpLetsOthersPass(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := queue{pool: turn.NewPool(10)}
		q.ask(t.Context(), "first", "a", 6)
		impatient, giveUp := context.WithCancel(t.Context())
		q.ask(impatient, "large", "b", 8)
		q.ask(t.Context(), "small", "c", 4)
		giveUp()
		synctest.Wait()
		assert.Equal(t, []string{"first", "small"}, q.granted)
		q.give("a", 6)
		q.give("c", 4)
		assert.Zero(t, q.pool.InUse())
	})
}

func TestTheErrorIsWhyTheContextHasEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	pool := turn.NewPool(1)
	assert.ErrorIs(t, pool.Take(ctx, "a", 2), context.Canceled)
}
