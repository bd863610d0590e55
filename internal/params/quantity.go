package params

import (
	"encoding/json"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// Quantity is a parameter as people write it: "100m", 2, or "" for none. It is parsed apart from
// decoding, so that all mistakes are told, each with its path.
type Quantity string

// ParameterType is what the documentation calls it.
func (Quantity) ParameterType() string { return "quantity" }

// UnmarshalJSON takes a string or, like all of Kubernetes, a number.
func (q *Quantity) UnmarshalJSON(b []byte) error {
	if b[0] == '"' {
		return json.Unmarshal(b, (*string)(q))
	}
	*q = Quantity(b)
	return nil
}

// Parse returns zero where there is none.
func (q Quantity) Parse(at *field.Path) (resource.Quantity, field.ErrorList) {
	if q == "" {
		return resource.Quantity{}, nil
	}
	parsed, err := resource.ParseQuantity(string(q))
	if err != nil || parsed.Sign() < 0 {
		return parsed, field.ErrorList{field.Invalid(at, string(q), "must be a quantity, such as 100m or 128Mi")}
	}
	_ = parsed.String() // keeps the text: to make it later is expensive, and would be a race
	return parsed, nil
}
