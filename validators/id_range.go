package validators

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"
)

// idRange is a parameter: a range of user or group ids, both ends included.
type idRange struct {
	Min int64  `json:"min"`
	Max *int64 `json:"max"`
}

func (r idRange) holds(id int64) bool { return id >= r.Min && (r.Max == nil || id <= *r.Max) }

func (r idRange) String() string {
	switch {
	case r.Max == nil:
		return fmt.Sprintf("%d and above", r.Min)
	case *r.Max == r.Min:
		return fmt.Sprint(r.Min)
	}
	return fmt.Sprintf("%d to %d", r.Min, *r.Max)
}

// idRanges are the ids that are allowed; none at all is no rule.
type idRanges struct {
	ranges []idRange
	detail string
}

func parseIDRanges(ranges []idRange, at *field.Path) (ids idRanges, mistakes field.ErrorList) {
	var names []string
	for i, r := range ranges {
		if r.Min < 0 {
			mistakes = append(mistakes, field.Invalid(at.Index(i).Child("min"), r.Min, "must not be negative"))
		}
		if r.Max != nil && *r.Max < r.Min {
			mistakes = append(mistakes, field.Invalid(at.Index(i).Child("max"), *r.Max, "must not be below min"))
		}
		names = append(names, r.String())
	}
	return idRanges{ranges, "must be " + oneOf(names)}, mistakes
}

func (ids idRanges) given() bool { return len(ids.ranges) > 0 }

// allow tells whether an id may be used. Any may where no rule is given.
func (ids idRanges) allow(id int64) bool {
	return !ids.given() || slices.ContainsFunc(ids.ranges, func(r idRange) bool { return r.holds(id) })
}
