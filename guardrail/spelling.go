package guardrail

import (
	"bytes"
	"encoding/json"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
)

// withoutPattern says how a value is written that ends as a directory or a pattern does (/, /*, *)
// where there is none: without, if the check takes that.
func withoutPattern[T any](constructor func(params.Decode) (T, error), raw []byte, mistakes field.ErrorList, at *field.Path) {
	for _, m := range mistakes {
		text, is := m.BadValue.(string)
		plain := strings.TrimRight(text, "/*")
		if !is || plain == text || plain == "" || strings.Contains(m.Detail, "; write ") {
			continue
		}
		if last := rune(plain[len(plain)-1]); !unicode.IsLetter(last) && !unicode.IsDigit(last) {
			continue
		}
		before, _ := json.Marshal(text)
		after, _ := json.Marshal(plain)
		_, wrong := construct(constructor, bytes.ReplaceAll(raw, before, after), at)
		taken := true
		for _, w := range wrong {
			taken = taken && w.Field != m.Field
		}
		if taken {
			m.Detail += "; write " + plain
		}
	}
}
