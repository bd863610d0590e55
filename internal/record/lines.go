package record

import "io"

// lines knows in which line each byte of a stream is.
type lines struct {
	from io.Reader
	left int // bytes that may be read until the next review
	err  error

	again [][]byte // what was read, and is read again
	read  int64
	line  int
	ends  []int64 // of the lines from here on
}

func (l *lines) Read(p []byte) (int, error) {
	if len(l.again) > 0 {
		n := copy(p, l.again[0])
		if l.again[0] = l.again[0][n:]; len(l.again[0]) == 0 {
			l.again = l.again[1:]
		}
		return n, nil
	}
	if l.left <= 0 {
		return 0, errTooLarge
	}
	n, err := l.fill(p[:min(len(p), l.left)])
	l.left -= n
	return n, err
}

// fill reads what has not been read before.
func (l *lines) fill(p []byte) (int, error) {
	n, err := l.from.Read(p)
	for i, b := range p[:n] {
		if b == '\n' {
			l.ends = append(l.ends, l.read+int64(i))
		}
	}
	l.read += int64(n)
	if err != nil {
		l.err = err
	}
	return n, err
}

// skip goes on with the next line that begins an object, after the first. What was read already
// comes before what was not. It answers how much was left out, or less than 0 where there is no such
// line. Lines are of any length.
func (l *lines) skip(read []byte) (skipped int) {
	if len(read) > 0 {
		l.again = append([][]byte{read}, l.again...)
	}
	begins := false // a line
	for {
		for len(l.again) > 0 {
			for i, b := range l.again[0] {
				if begins && b == '{' {
					l.again[0] = l.again[0][i:]
					return skipped + i
				}
				begins = b == '\n'
			}
			skipped, l.again = skipped+len(l.again[0]), l.again[1:]
		}
		if l.err != nil {
			return -1
		}
		l.line, l.ends = l.line+len(l.ends), l.ends[:0]
		more := make([]byte, 64<<10)
		if n, _ := l.fill(more); n > 0 {
			l.again = append(l.again, more[:n])
		}
	}
}

// lineAt is the line of an offset. Offsets only grow.
func (l *lines) lineAt(offset int64) int {
	passed := 0
	for passed < len(l.ends) && l.ends[passed] < offset {
		passed++
	}
	l.line += passed
	l.ends = append(l.ends[:0], l.ends[passed:]...)
	return l.line
}
