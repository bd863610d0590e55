package edit

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/workload"
)

func TestLinesBefore(t *testing.T) {
	text := []byte(lines("a: 1", "b: 2", "c: 3", "d: 4", "e: 5"))
	for name, test := range map[string]struct {
		ops  []workload.Operation
		want []int
	}{
		"nothing":             {nil, []int{1, 2, 3, 4, 5, 6}},
		"a line goes":         {[]workload.Operation{remove("/b")}, []int{1, 3, 4, 5, 6}},
		"a line is another":   {[]workload.Operation{replace("/b", 7)}, []int{1, 2, 3, 4, 5, 6}},
		"lines come":          {[]workload.Operation{replace("/b", []int{1, 2})}, []int{1, 2, 2, 2, 3, 4, 5, 6}},
		"one goes, one comes": {[]workload.Operation{remove("/a"), add("/f", 6)}, []int{2, 3, 4, 5, 5, 6}},
	} {
		t.Run(name, func(t *testing.T) {
			edits, err := editsOf(text, "", false, test.ops)
			require.NoError(t, err)
			assert.Equal(t, test.want, LinesBefore(text, edits))
		})
	}
}
