package guardrail

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// The functions say what these say, which are easier to read.
var (
	containerName = regexp.MustCompile(`^[a-z0-9][-a-z0-9]{0,62}\*?$`)
	objectName    = regexp.MustCompile(`^[^/%*]{1,253}\*?$`)
)

func TestNamesOfAnExemption(t *testing.T) {
	names := []string{
		"", "*", "**", "web", "web*", "web**", "w*b", "-web", "web-", "0", "-", "-*", "Web", "web.example", "web_1",
		"a/b", "a%b", "web\n", "\nweb", "web\n*", "wéb", "\xff", "a\xff*", " ", "web ", "*web",
	}
	for _, length := range []int{62, 63, 64, 253, 254} {
		for _, letter := range []string{"a", "-", "é", "\xff"} {
			names = append(names, strings.Repeat(letter, length), strings.Repeat(letter, length)+"*", "a"+strings.Repeat(letter, length-1))
		}
	}
	for _, name := range names {
		assert.Equal(t, containerName.MatchString(name), nameOfContainer(name), "container %q", name)
		assert.Equal(t, objectName.MatchString(name), nameOfObject(name), "object %q", name)
	}
}
