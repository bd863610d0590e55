package kyverno

import (
	"fmt"
	"maps"
	"slices"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/internal/migrate/policy"
)

// entry is whether a map has an entry whose key and value fit.
func entry(of, key, pattern string) string {
	if policy.IsGlob(key) {
		return of + ".orValue({}).exists(k, " + policy.All(policy.Glob("k", key), policy.Glob(of+".orValue({})[k]", pattern)) + ")"
	}
	at := of + "[?" + policy.Quote(key) + "]"
	if policy.IsGlob(pattern) {
		return policy.All(at+".hasValue()", policy.Glob(at+`.orValue("")`, pattern))
	}
	if pattern == "" {
		return at + `.orValue("-") == ""`
	}
	return at + `.orValue("") == ` + policy.Quote(pattern)
}

func globsIn(s *metav1.LabelSelector) bool {
	if s == nil {
		return false
	}
	for key, pattern := range s.MatchLabels {
		if policy.IsGlob(key) || policy.IsGlob(pattern) {
			return true
		}
	}
	return false
}

// labelTest is a selector in CEL.
func labelTest(of string, s *metav1.LabelSelector) (string, error) {
	if s == nil {
		return "true", nil
	}
	var tests []string
	for _, key := range slices.Sorted(maps.Keys(s.MatchLabels)) {
		tests = append(tests, entry(of, key, s.MatchLabels[key]))
	}
	for _, e := range s.MatchExpressions {
		at := of + "[?" + policy.Quote(e.Key) + "]"
		values := policy.Literal(policy.Plain(e.Values))
		switch e.Operator {
		case metav1.LabelSelectorOpIn:
			tests = append(tests, policy.All(at+".hasValue()", at+`.orValue("") in `+values))
		case metav1.LabelSelectorOpNotIn:
			tests = append(tests, policy.Any(policy.Not(at+".hasValue()"), policy.Not(at+`.orValue("") in `+values)))
		case metav1.LabelSelectorOpExists:
			tests = append(tests, at+".hasValue()")
		case metav1.LabelSelectorOpDoesNotExist:
			tests = append(tests, "!"+at+".hasValue()")
		default:
			return "", fmt.Errorf("the operator %s of a selector is none", e.Operator)
		}
	}
	return policy.All(tests...), nil
}

func subjects(list []subject) (string, error) {
	var tests []string
	for _, s := range list {
		switch s.Kind {
		case "User":
			tests = append(tests, policy.Glob(`request.userInfo.?username.orValue("")`, s.Name))
		case "Group":
			tests = append(tests, "request.userInfo.?groups.orValue([]).exists(g, "+policy.Glob("g", s.Name)+")")
		case "ServiceAccount":
			tests = append(tests, policy.Glob(`request.userInfo.?username.orValue("")`, "system:serviceaccount:"+s.Namespace+":"+s.Name))
		default:
			return "", fmt.Errorf("a subject of the kind %s is not known", s.Kind)
		}
	}
	if len(tests) == 0 {
		return "true", nil
	}
	return policy.Any(tests...), nil
}
