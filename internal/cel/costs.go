package cel

import (
	"math"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"k8s.io/apiserver/pkg/cel/library"
)

// costs counts what calls cost: as an API server does, and never less than the work that there is.
// An API server takes 1 for each function that it has no formula for, and for each operator whose
// operands have a type that shows at the evaluation alone, as all fields of an object have. There,
// size() of a text of a megabyte is 1, which is the work of a thousand additions.
type costs struct{ library.CostEstimator }

// The work of one unit: so many bytes of text, so many items of a list that is made longer.
const (
	bytesPerUnit = 64
	itemsPerUnit = 1024
)

// constant are the functions that look at the ends of their operands at most.
var constant = map[string]bool{
	"startsWith": true, "endsWith": true, "_[_]": true, "_[?_]": true, "@not_strictly_false": true,
}

// parsers take a text apart or make one, at some times the price of an addition.
var parsers = map[string]uint64{
	"quantity": 4, "isQuantity": 6, "duration": 4, "timestamp": 2, "url": 4, "isURL": 4, "semver": 4, "isSemver": 4,
	"ip": 2, "isIP": 2, "cidr": 2, "isCIDR": 2, "string": 8, "format": 8, "strings.quote": 6, "validate": 8, "int": 4, "double": 4,
}

// deep are the functions that walk through all that their operands hold.
var deep = map[string]bool{
	"_==_": true, "_!=_": true, "@in": true, "format": true, "flatten": true, "distinct": true, "string": true,
	"sets.contains": true, "sets.equivalent": true, "sets.intersects": true, "includes": true, "indexOf": true,
	"lastIndexOf": true, "isSorted": true, "sum": true, "min": true, "max": true, "sort": true, "slice": true,
	"reverse": true, "join": true,
}

// CallCost implements interpreter.ActualCostEstimator.
func (c *costs) CallCost(function, overload string, args []ref.Val, result ref.Val) *uint64 {
	args = unwatched(args)
	known := c.CostEstimator.CallCost(function, overload, args, result)
	switch {
	case constant[function]:
		return known
	case function == "matches" && len(args) == 2:
		return new(matching(args[0], args[1]))
	}
	least := 1 + parsers[function] + work("", result)
	for _, arg := range args {
		least += work(function, arg)
	}
	if function == "format" {
		least *= 2 // it writes what it walks through
	}
	if known != nil {
		least = max(least, *known)
	}
	return &least
}

// matching is what an API server counts for a regular expression, where it knows that its operands
// are texts.
func matching(text, pattern ref.Val) uint64 {
	length := func(v ref.Val) float64 {
		s, _ := v.(types.String)
		return float64(len(s))
	}
	return 1 + uint64(math.Ceil((1+length(text))*common.StringTraversalCostFactor)*
		math.Ceil(length(pattern)*common.RegexStringLengthCostFactor))
}

// work is how much a function has to do with a value.
func work(function string, value ref.Val) (units uint64) {
	switch v := value.(type) {
	case types.String:
		return uint64(len(v) / bytesPerUnit)
	case types.Bytes:
		return uint64(len(v) / bytesPerUnit)
	case traits.Lister:
		if !deep[function] {
			return count(v) / itemsPerUnit
		}
		for i := v.Iterator(); i.HasNext() == types.True; {
			units += 1 + work(function, i.Next())
		}
	case traits.Mapper:
		if !deep[function] || function == "@in" { // to look a key up is no walk
			return count(v) / itemsPerUnit
		}
		for i := v.Iterator(); i.HasNext() == types.True; {
			key := i.Next()
			of, _ := v.Find(key)
			units += 1 + work(function, key) + work(function, of)
		}
	}
	return units
}

func count(v traits.Sizer) uint64 {
	n, _ := v.Size().(types.Int)
	return uint64(max(n, 0))
}

// tracking are the options of every program. Flattening has a formula of its own in the library,
// by the length of the outer list.
func tracking() []cel.ProgramOption {
	flattening := func(args []ref.Val, result ref.Val) *uint64 {
		return new(1 + work("flatten", result) + work("", args[0]))
	}
	return []cel.ProgramOption{
		cel.InterruptCheckFrequency(celconfig.CheckFrequency),
		cel.CostTracking(&costs{}),
		cel.CostLimit(maxEvaluation),
		cel.CostTrackerOptions(
			interpreter.OverloadCostTracker("list_flatten", flattening),
			interpreter.OverloadCostTracker("list_flatten_int", flattening),
		),
	}
}
