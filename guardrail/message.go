package guardrail

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/printable"
)

// maxMessage bounds the message of a check, in bytes: it stands behind each finding, and warnings
// are cut where they are many.
const maxMessage = 256

// checkMessage wants a line that can be shown as it is.
func checkMessage(text string, at *field.Path) field.ErrorList {
	invalid := func(detail string) field.ErrorList { return field.ErrorList{field.Invalid(at, text, detail)} }
	switch {
	case text == "":
		return nil
	case len(text) > maxMessage:
		return field.ErrorList{field.TooLong(at, "", maxMessage)}
	case strings.TrimSpace(text) != text:
		return invalid("must neither begin nor end with a space")
	case printable.Text(text) != text:
		return invalid("must be one line of letters, signs and spaces that can be printed")
	case strings.Contains(text, "{{") || strings.Contains(text, "${") || strings.Contains(text, "$("):
		return invalid("must not have placeholders: it is shown as it is, behind what was found")
	default:
		return nil
	}
}
