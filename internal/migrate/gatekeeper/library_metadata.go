package gatekeeper

import (
	"slices"
	"strings"

	"taffrail.dev/taffrail/internal/migrate/policy"
)

// requiredKeys are labels or annotations that must be there. Their patterns are found anywhere in a
// value there, and fit all of it here.
func (t *translation) requiredKeys(what string, keys []required) {
	var all []map[string]any
	for _, k := range keys {
		one := map[string]any{"key": k.Key}
		if k.AllowedRegex != "" {
			one["pattern"] = whole(k.AllowedRegex)
		}
		all = append(all, one)
	}
	check := policy.Check("required-"+what, map[string]any{what: all, "kinds": slices.Compact(slices.Sorted(slices.Values(t.names())))})
	if m := t.parameters.Message; m != "" && len(m) <= 256 && !strings.Contains(m, "\n") {
		check.Message = m
	}
	if len(t.names()) > 0 && !refuses(check) {
		t.part.Validators = append(t.part.Validators, check)
		return
	}
	var tests []string
	for _, k := range keys {
		value := "object.metadata.?" + what + "[?" + policy.Quote(k.Key) + "]"
		if k.AllowedRegex == "" {
			tests = append(tests, value+".hasValue()")
		} else {
			tests = append(tests, value+`.orValue("").matches(`+policy.Quote(k.AllowedRegex)+")")
		}
	}
	t.ruleOfKinds(policy.All(tests...), message(t.parameters.Message, "must have the "+what+" "+names(keys)))
}

func names(keys []required) string {
	var all []string
	for _, k := range keys {
		all = append(all, k.Key)
	}
	return strings.Join(all, ", ")
}

func message(given, otherwise string) string {
	if given != "" {
		return given
	}
	return otherwise
}

// whole is a pattern that fits a value in which another one is found.
func whole(found string) string {
	inner, begins := strings.CutPrefix(found, "^")
	inner, ends := strings.CutSuffix(inner, "$")
	if begins && ends && !strings.Contains(inner, "|") && !strings.HasSuffix(inner, `\`) {
		return inner
	}
	return "(?s:.*)(?:" + found + ")(?s:.*)"
}

func (t *translation) storageClass() {
	t.Differ("Whether the class is there is not looked up.")
	if all := t.parameters.AllowedStorageClasses; len(all) > 0 && !slices.Contains(all, "*") {
		t.check("storage-class", list("allowed", all))
		return
	}
	t.check("storage-class", nil)
}

func (t *translation) httpsOnly() {
	if !t.parameters.TLSOptional {
		t.check("ingress-tls", nil)
		t.Differ("Each host must be among those of tls; there any tls will do.")
	}
	t.check("required-annotations", map[string]any{
		"kinds": []string{"Ingress"}, "annotations": []map[string]any{{"key": "kubernetes.io/ingress.allow-http", "pattern": "false"}},
	})
}

func (t *translation) anonymous() {
	subjects := []string{"system:anonymous", "system:unauthenticated"}
	if t.parameters.DisallowAuthenticated {
		subjects = append(subjects, "system:authenticated")
	}
	t.check("rbac-anonymous-subjects", list("subjects", subjects))
	if roles := t.parameters.AllowedRoles; len(roles) > 0 {
		policy.Condition(&t.match, "not-allowed-roles", "object == null || !has(object.roleRef) || "+policy.Not(policy.AnyGlob("object.roleRef.name", roles)))
	}
}

func (t *translation) deprecated() {
	t.Differ("What is deprecated in that version is known here; the list of the constraint is not read.")
	params := map[string]any{}
	if version := text(t.parameters.K8sVersion); version != "" {
		params["targetVersion"] = version
	}
	t.check("deprecated-api", params)
}

func (t *translation) serviceAccount() {
	t.check("immutable-service-account", list("allowed", append(slices.Clone(t.parameters.AllowedUsers), t.parameters.AllowedGroups...)))
}
