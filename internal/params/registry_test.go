package params

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestARegistryIsOrderedByName(t *testing.T) {
	var r Registry[int]
	assert.Empty(t, r.All())
	assert.Equal(t, 2, r.Register("b", 2))
	r.Register("a", 1)
	assert.Equal(t, []int{1, 2}, r.All())
	assert.Equal(t, []string{"a", "b"}, r.Names())

	entry, found := r.Find("b")
	assert.True(t, found)
	assert.Equal(t, 2, entry)
	_, found = r.Find("c")
	assert.False(t, found)
}

func TestTwoEntriesOfOneNameAreAMistake(t *testing.T) {
	var r Registry[int]
	r.Register("a", 1)
	assert.PanicsWithValue(t, "two entries of a catalogue are called a", func() { r.Register("a", 2) })
}
