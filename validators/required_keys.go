package validators

import (
	"regexp"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/workload"
)

// requiredKey is a parameter: a label or an annotation that must be there, and
// what its value must be.
type requiredKey struct {
	Key     string   `json:"key"`
	Pattern string   `json:"pattern"`
	Allowed []string `json:"allowed"`
}

// keyRule is a requiredKey, compiled.
type keyRule struct {
	requiredKey
	regexp *regexp.Regexp
}

func compileKeys(keys []requiredKey, at *field.Path) (rules []keyRule, mistakes field.ErrorList) {
	if len(keys) == 0 {
		mistakes = append(mistakes, field.Required(at, "must name what is required"))
	}
	for i, k := range keys {
		for _, wrong := range validation.IsQualifiedName(k.Key) {
			mistakes = append(mistakes, field.Invalid(at.Index(i).Child("key"), k.Key, wrong))
		}
		compiled, err := regexp.Compile("^(?:" + k.Pattern + ")$")
		if err != nil {
			mistakes = append(mistakes, field.Invalid(at.Index(i).Child("pattern"), k.Pattern, "must be a regular expression (RE2)"))
		}
		rules = append(rules, keyRule{k, compiled})
	}
	return rules, mistakes
}

// accepts tells whether the labels or annotations of an object are as required.
func (k *keyRule) accepts(values map[string]string) bool {
	value, there := values[k.Key]
	return there && k.matches(value) && k.lists(value)
}

func (k *keyRule) matches(value string) bool { return k.Pattern == "" || k.regexp.MatchString(value) }

func (k *keyRule) lists(value string) bool {
	return len(k.Allowed) == 0 || slices.Contains(k.Allowed, value)
}

// fault says what is wrong with the labels or annotations at path.
func (k *keyRule) fault(values map[string]string, at *workload.Path) Finding {
	f := k.wrong(values, at.Key(k.Key))
	if len(k.Allowed) == 1 && k.matches(k.Allowed[0]) {
		f = f.fixedBy(setKey(at, values, k.Key, k.Allowed[0]))
	}
	return f
}

func (k *keyRule) wrong(values map[string]string, path *workload.Path) Finding {
	value, there := values[k.Key]
	switch {
	case !there:
		return required(path, "must be set")
	case !k.lists(value):
		return notSupported(path, value, "must be "+oneOf(k.Allowed))
	default:
		return invalid(path, value, "must match "+oneOf([]string{k.Pattern}))
	}
}

// leavesOut tells whether a Binding says nothing of the key: it adds to its Pod,
// and takes nothing away.
func (k *keyRule) leavesOut(r *workload.Review, values map[string]string) bool {
	_, isBinding := r.Object.(*corev1.Binding)
	_, there := values[k.Key]
	return isBinding && !there
}
