package guardrail

import (
	"regexp"
	"strconv"
)

var fraction = regexp.MustCompile(`"([A-Za-z]+)":(-?[0-9]+\.[0-9]+)`)

// AsWritten is a document with fractions as its YAML has them: 1.30, where JSON would
// have 1.3. It is the same number, and another version; whoever must write it with quotes is told
// the right one.
func AsWritten(raw, yaml []byte) []byte {
	return fraction.ReplaceAllFunc(raw, func(member []byte) []byte {
		parts := fraction.FindSubmatch(member)
		name, number := string(parts[1]), string(parts[2])
		written := regexp.MustCompile(`\b` + name + `"?\s*:\s*(` + regexp.QuoteMeta(number) + `0+)\b`).FindSubmatch(yaml)
		if written == nil {
			return member
		}
		before, _ := strconv.ParseFloat(number, 64)
		if after, err := strconv.ParseFloat(string(written[1]), 64); err != nil || after != before {
			return member
		}
		return []byte(`"` + name + `":` + string(written[1]))
	})
}
