package auditserver

import (
	"testing"

	"github.com/go-logr/logr/funcr"
	"github.com/stretchr/testify/assert"
)

func TestWhatCouldNotBeLookedAtIsLoggedOnce(t *testing.T) {
	var said []string
	log := funcr.New(func(_, line string) { said = append(said, line) }, funcr.Options{})
	told := tell([]string{"could not list secrets", "could not list nodes"}, nil, log)
	told = tell([]string{"could not list secrets", "could not list nodes"}, told, log)
	assert.Len(t, said, 2, "%q", said)
	tell([]string{"could not list secrets"}, told, log)
	assert.Len(t, said, 3)
	assert.Contains(t, said[2], `"no more so of the audit" "note"="could not list nodes"`)
}
