package mutators

import (
	"k8s.io/apimachinery/pkg/api/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// requireObjectName finds fault with what no object of a kind can be called.
func requireObjectName(name string, at *field.Path, kind string) field.ErrorList {
	if len(validation.NameIsDNSSubdomain(name, false)) == 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(at, name, "must be the name of "+kind)}
}
