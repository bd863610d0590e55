package validators

import (
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/intstr"
)

// intOrPercent is a parameter such as 1 or 25%.
type intOrPercent struct{ intstr.IntOrString }

// ParameterType is what the documentation calls it.
func (intOrPercent) ParameterType() string { return "integer or percentage" }

// readIntOrPercent reads 1, or "25%" as 25.
func readIntOrPercent(v intstr.IntOrString) (n int, percent, ok bool) {
	if v.Type == intstr.Int {
		return int(v.IntVal), false, v.IntVal >= 0
	}
	digits, percent := strings.CutSuffix(v.StrVal, "%")
	n, err := strconv.Atoi(digits)
	return n, percent, percent && err == nil && n >= 0
}

// shownIntOrString is the value as a message shows it.
func shownIntOrString(v intstr.IntOrString) any {
	if v.Type == intstr.Int {
		return v.IntVal
	}
	return v.StrVal
}

func isZero(v intstr.IntOrString) bool {
	n, _, ok := readIntOrPercent(v)
	return ok && n == 0
}
