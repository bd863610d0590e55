package validators

import (
	"fmt"
	"strings"
)

// maxListed bounds what a message repeats of a list, in bytes.
const maxListed = 60

// oneOf writes a list into a detail: "a", "a or b", "a, b or c", and of a long
// one its beginning: "a, b or 7 others".
func oneOf(items []string) string {
	var b strings.Builder
	for i, item := range items {
		last := i == len(items)-1
		switch {
		case i == 0:
		case b.Len()+len(item) > maxListed && last:
			return b.String() + " or another"
		case b.Len()+len(item) > maxListed:
			return fmt.Sprintf("%s or %d others", &b, len(items)-i)
		case last:
			b.WriteString(" or ")
		default:
			b.WriteString(", ")
		}
		fmt.Fprint(&b, shorten(item))
	}
	return b.String()
}

// maxDetail bounds a detail, in bytes: people read it in a line.
const maxDetail = 120
