package events

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"k8s.io/apimachinery/pkg/types"
)

func TestAnOwnerIsToldOnceAMinute(t *testing.T) {
	now := time.Now()
	l := limiter{now: func() time.Time { return now }}
	assert.False(t, l.told("a"))
	assert.True(t, l.due("a"))
	assert.True(t, l.told("a"))
	assert.False(t, l.due("a"))
	assert.True(t, l.due("b"), "each has its own minute")
	now = now.Add(pause)
	assert.False(t, l.told("a"))
	assert.True(t, l.due("a"))
}

func TestManyOwnersDoNotFillTheMemory(t *testing.T) {
	now := time.Now()
	l := limiter{now: func() time.Time { return now }}
	for i := range 2 * maxOwners {
		assert.Equal(t, i < maxOwners, l.due(types.UID(strconv.Itoa(i))))
	}
	assert.Len(t, l.at, maxOwners)
	now = now.Add(pause)
	assert.True(t, l.due("late"))
	assert.Len(t, l.at, 1, "who may be told again is forgotten")
}
