package policy

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// Label is a text as a name of at most 63 lower-case letters, digits and dashes.
func Label(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case r >= 'A' && r <= 'Z':
			if i > 0 && text[i-1] >= 'a' && text[i-1] <= 'z' {
				b.WriteByte('-') // K8sRequiredLabels
			}
			b.WriteRune(r - 'A' + 'a')
		default:
			b.WriteByte('-')
		}
	}
	name := strings.Trim(b.String(), "-")
	for strings.Contains(name, "--") {
		name = strings.ReplaceAll(name, "--", "-")
	}
	if name == "" {
		return "policy"
	}
	if len(name) > 63 {
		sum := sha256.Sum256([]byte(text))
		name = strings.TrimRight(name[:56], "-") + "-" + hex.EncodeToString(sum[:3])
	}
	return name
}

// RuleName is a name for a rule, which must not be that of a check.
func RuleName(text string, taken func(string) bool) string {
	name := Label(text)
	if taken(name) {
		name = Label("own-" + name)
	}
	return name
}
