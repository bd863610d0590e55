package resident

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const smaps = `00400000-01be5000 r-xp 00000000 fe:00 9987547                            /taffrail
Size:              24468 kB
Rss:               12000 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me
03431000-034a5000 r--p 03031000 fe:00 9987547                            /taffrail
Anonymous:           464 kB
034a5000-034f0000 rw-p 030a5000 fe:00 9987547                            /taffrail
Anonymous:             0 kB
c000000000-c004000000 rw-p 00000000 00:00 0
Anonymous:          8000 kB
7ffd0000-7ffe0000 r--p 00000000 00:00 0                                  [vvar]
`

func TestWhatIsLostWithItsPagesStays(t *testing.T) {
	mappings, err := readMappings(strings.NewReader(smaps))
	require.NoError(t, err)
	require.Len(t, mappings, 5)
	assert.Equal(t, mapping{0x400000, 0x1be5000, "r-xp", "/taffrail", 0}, mappings[0])
	for i, want := range map[int]bool{
		0: true,  // the program's text
		1: false, // relocated, then made read-only
		2: false, // may be written
		3: false, // the heap
		4: false, // nothing is known of it
	} {
		assert.Equal(t, want, mappings[i].clean(), "%+v", mappings[i])
	}
}

func TestMappingsThatCannotBeReadAreAnError(t *testing.T) {
	for _, text := range []string{"what is this", "1-2 r", "1-2 r-xp 0 0 0 /x\nAnonymous: much kB"} {
		_, err := readMappings(strings.NewReader(text))
		assert.Error(t, err, text)
	}
}
