package nearest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestTheNearestNameIsTheOneWithTheFewestSlips(t *testing.T) {
	names := []string{"web", "worker", "database"}
	assert.Equal(t, "web", Name("wbe", names))
	assert.Equal(t, "database", Name("databse", names))
	assert.Empty(t, Name("frontend", names), "none is near")
	assert.Empty(t, Name("web", nil))
}
