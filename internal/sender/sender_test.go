package sender

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestASenderIsAnAddressWithoutItsPort(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:40000":                "192.0.2.1",
		"192.0.2.1:40001":                "192.0.2.1",
		"[::ffff:192.0.2.1]:1":           "192.0.2.1",
		"[2001:db8::1]:443":              "2001:db8::/64",
		"[2001:db8::ffff:1]:443":         "2001:db8::/64",
		"[2001:db8:0:1::1]:443":          "2001:db8:0:1::/64",
		"[fe80::1%eth0]:443":             "fe80::/64",
		"no address":                     "",
		"":                               "",
		"192.0.2.1":                      "",
		"192.0.2.1:1\nforged: 192.0.2.2": "",
	} {
		assert.Equal(t, want, Of(remote), remote)
	}
}

func newLimiter(each, all Rate) (*Limiter, *time.Time) {
	now := time.Now()
	l := &Limiter{Each: each, All: all, Now: func() time.Time { return now }}
	return l, &now
}

func allowed(l *Limiter, sender string, times int) (n int) {
	for range times {
		if l.Allow(sender) {
			n++
		}
	}
	return n
}

func TestASenderHasItsBurstAndThenItsRate(t *testing.T) {
	l, now := newLimiter(Rate{PerSecond: 2, Burst: 5}, Rate{PerSecond: 1000, Burst: 1000})
	assert.Equal(t, 5, allowed(l, "a", 100))
	assert.Equal(t, 5, allowed(l, "b", 100), "each has its own")
	*now = now.Add(time.Second)
	assert.Equal(t, 2, allowed(l, "a", 100))
	*now = now.Add(time.Hour)
	assert.Equal(t, 5, allowed(l, "a", 100), "no more than a burst")
}

func TestAllTogetherHaveTheirs(t *testing.T) {
	l, now := newLimiter(Rate{PerSecond: 1, Burst: 5}, Rate{PerSecond: 2, Burst: 8})
	assert.Equal(t, 5, allowed(l, "a", 100))
	assert.Equal(t, 3, allowed(l, "b", 100))
	*now = now.Add(time.Second)
	assert.Equal(t, 1, allowed(l, "a", 1000), "whoever floods takes nothing from the others")
	assert.Equal(t, 1, allowed(l, "c", 1))
}

func TestMadeUpSendersDoNotFillTheMemory(t *testing.T) {
	l, now := newLimiter(Rate{PerSecond: 1, Burst: 2}, Rate{PerSecond: 1e6, Burst: 1e6})
	for i := range 10 * maxSenders {
		l.Allow(fmt.Sprint(i))
	}
	assert.Len(t, l.senders, maxSenders)
	assert.False(t, l.Allow("late"), "those that are not remembered share what one has")
	*now = now.Add(time.Minute)
	assert.True(t, l.Allow("late"))
	assert.Len(t, l.senders, 1, "who may do all again is forgotten")
}
