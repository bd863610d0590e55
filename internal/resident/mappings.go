package resident

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// mapping is a part of the address space, as /proc/PID/smaps has it.
type mapping struct {
	start, end uintptr
	rights     string
	file       string
	// anonymous is how much of it is not what the file holds, in KiB; -1 is not known.
	anonymous int
}

// clean tells whether the file holds all that is in the mapping, so that nothing is lost with its
// pages. That nothing may be written is not enough: what the loader has relocated is made read-only
// after it was written (RELRO), and a debugger writes breakpoints.
func (m *mapping) clean() bool {
	return m.rights[1] == '-' && m.anonymous == 0
}

func readMappings(smaps io.Reader) (all []mapping, err error) {
	lines := bufio.NewScanner(smaps)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) == 0 {
			continue
		}
		if name, is := strings.CutSuffix(fields[0], ":"); is {
			if name == "Anonymous" && len(all) > 0 && len(fields) > 1 {
				if _, err := fmt.Sscan(fields[1], &all[len(all)-1].anonymous); err != nil {
					return nil, fmt.Errorf("%q: %w", lines.Text(), err)
				}
			}
			continue
		}
		m := mapping{anonymous: -1}
		if _, err := fmt.Sscanf(fields[0], "%x-%x", &m.start, &m.end); err != nil || len(fields) < 5 || len(fields[1]) < 4 {
			return nil, fmt.Errorf("%q: %w", lines.Text(), errors.Join(errors.New("not a mapping"), err))
		}
		m.rights = fields[1]
		if len(fields) == 6 { // a name with a space is not ours
			m.file = fields[5]
		}
		all = append(all, m)
	}
	return all, lines.Err()
}
