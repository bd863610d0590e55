package validators

import (
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
)

// bound parses a bound that may be left out, and is nil then: a bound of zero is
// another thing than none.
func bound(q params.Quantity, at *field.Path) (*resource.Quantity, field.ErrorList) {
	if q == "" {
		return nil, nil
	}
	parsed, mistakes := q.Parse(at)
	if len(mistakes) > 0 {
		return nil, mistakes
	}
	return &parsed, nil
}
