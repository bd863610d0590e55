package furnish

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

// Whoever changes an object as fast as it can is answered ever later, and at once again after peace.
func TestAnObjectIsMendedAtGrowingIntervals(t *testing.T) {
	now := time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	c := &contest{}
	var waits []time.Duration
	for range 14 {
		wait := c.due(now, longWait)
		waits = append(waits, wait)
		now = now.Add(wait)
		c.mended(now, "stranger")
	}
	assert.Equal(t, []time.Duration{
		0, 500 * time.Millisecond, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second, 16 * time.Second, 32 * time.Second,
		64 * time.Second, 128 * time.Second, 256 * time.Second, 512 * time.Second, longWait, longWait,
	}, waits)
	assert.True(t, c.isQuarrel())
	assert.Equal(t, longAbsence, c.due(now, longAbsence), "what is deleted is back sooner")
	assert.Zero(t, c.due(now.Add(peace), longWait))
	assert.False(t, c.isQuarrel())
}

// What we ourselves want to be different waits for nobody.
func TestAnotherFormBeginsAnew(t *testing.T) {
	f := &Furnisher{contests: map[object]*contest{}, now: time.Now}
	o := object{namespace: "shop", name: "a"}
	c := f.contestOver(o, "one")
	c.mended(time.Now(), "stranger")
	assert.Positive(t, f.contestOver(o, "one").due(time.Now(), longWait))
	assert.Zero(t, f.contestOver(o, "two").due(time.Now(), longWait))
	f.now = func() time.Time { return time.Now().Add(peace) }
	f.forgetContests()
	assert.Empty(t, f.contests)
}
