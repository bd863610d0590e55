package linters

import (
	"fmt"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

const (
	ignoreCheck = "ignore-check.kube-linter.io/"
	ignoreAll   = "kube-linter.io/ignore-all"
)

// ReadsKubeLinter tells whether an object is kube-linter's configuration or carries its annotations.
func ReadsKubeLinter(o *policy.Object) bool {
	return o.Kind == KubeLinter || annotated(o, ignoreCheck) || annotated(o, ignoreAll)
}

type kubeLinter struct {
	Checks struct {
		AddAllBuiltIn        bool     `json:"addAllBuiltIn"`
		DoNotAutoAddDefaults bool     `json:"doNotAutoAddDefaults"`
		Include              []string `json:"include"`
		Exclude              []string `json:"exclude"`
		IgnorePaths          []string `json:"ignorePaths"`
	} `json:"checks"`
	CustomChecks []customCheck `json:"customChecks"`
}

type customCheck struct {
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Remediation string         `json:"remediation"`
	Template    string         `json:"template"`
	Params      map[string]any `json:"params"`
	Scope       struct {
		ObjectKinds []string `json:"objectKinds"`
	} `json:"scope"`
}

// offByDefault are the checks that run only where somebody asks for them.
var offByDefault = strings.Fields(`access-to-create-pods access-to-secrets cluster-admin-role-binding default-service-account
	dnsconfig-options exposed-services hpa-minimum-three-replicas minimum-three-replicas no-liveness-probe
	no-readiness-probe no-rolling-update-strategy no-node-affinity priority-class-name privileged-ports
	read-secret-from-env-var required-annotation-email required-label-owner restart-policy unsafe-proc-mount
	use-namespace wildcard-in-rules writable-host-mount scc-deny-privileged-container sorted-keys
	env-var-value-from`)

// OfKubeLinter makes a check of each one that is on.
func OfKubeLinter(o *policy.Object, in *policy.Inputs) []policy.Rule {
	if o.Kind != KubeLinter {
		return ofAnnotations(o, in, KubeLinter, ignoreAll, func(key string) string {
			name, is := strings.CutPrefix(key, ignoreCheck)
			if !is {
				return ""
			}
			return name
		})
	}
	var c kubeLinter
	unknown, err := policy.Decode(o.Content, &c)
	if err != nil {
		return left("its fields cannot be read: "+err.Error(), "mend it")
	}
	out := leftUnknown(unknown)
	t := tables["kube-linter"]()
	for _, name := range c.on(&t) {
		r := policy.Rule{Name: name}
		t.become(&r, name, v1alpha1.Deny, nil)
		out = append(out, r)
	}
	for i := range c.CustomChecks {
		custom := &c.CustomChecks[i]
		r := policy.Rule{Name: custom.Name}
		custom.become(&r)
		out = append(out, r)
	}
	for _, path := range c.Checks.IgnorePaths {
		r := policy.Rule{Name: "ignorePaths " + path}
		r.Leave("it leaves out files, which a cluster knows nothing of", "put it into exclude of .taffrail.yaml")
		out = append(out, r)
	}
	return out
}

// on are the checks that run. What is excluded wins.
func (c *kubeLinter) on(t *table) []string {
	var names []string
	for _, name := range keys(t.Use) {
		if c.Checks.AddAllBuiltIn || !c.Checks.DoNotAutoAddDefaults && !slices.Contains(offByDefault, name) {
			names = append(names, name)
		}
	}
	names = append(names, c.Checks.Include...)
	names = slices.DeleteFunc(names, func(name string) bool {
		return slices.Contains(c.Checks.Exclude, name) || slices.ContainsFunc(c.CustomChecks, func(own customCheck) bool { return own.Name == name })
	})
	slices.Sort(names)
	return slices.Compact(names)
}

// become is a check made of a template.
func (c *customCheck) become(r *policy.Rule) {
	check, why := c.check(r)
	if why != "" {
		r.Leave(why, byHand)
		return
	}
	if len(check.Message) == 0 && len(c.Remediation) <= 256 && !strings.Contains(c.Remediation, "\n") {
		check.Message = c.Remediation
	}
	check.Action = v1alpha1.Deny
	r.Parts = []policy.Part{{Validators: []v1alpha1.Validator{check}}}
}

func (c *customCheck) check(r *policy.Rule) (check v1alpha1.Validator, why string) {
	text := func(name string) string { s, _ := c.Params[name].(string); return s }
	switch c.Template {
	case "minimum-replicas":
		return policy.Check("min-replicas", map[string]any{"min": c.Params["minReplicas"]}), ""
	case "hpa-minimum-replicas":
		return policy.Check("hpa-bounds", map[string]any{"min": c.Params["minReplicas"]}), ""
	case "required-label", "required-annotation":
		what := strings.TrimPrefix(c.Template, "required-") + "s"
		one := map[string]any{"key": text("key")}
		if value := text("value"); value != "" {
			one["pattern"] = "(?s:.*)(?:" + value + ")(?s:.*)"
		}
		return policy.Check("required-"+what, map[string]any{what: []any{one}}), ""
	case "forbidden-annotation", "disallowed-annotation":
		r.Differ("An annotation by that key is refused, whatever its value is.")
		return policy.Check("denied-annotations", map[string]any{"keys": []any{text("key")}}), ""
	case "latest-tag":
		if allowed, _ := c.Params["allowList"].([]any); len(allowed) > 0 {
			return check, "its lists are patterns of tags"
		}
		r.Differ("Patterns of tags are read as the tags that they name.")
		return policy.Check("image-latest-tag", nil), ""
	case "cpu-requirements", "memory-requirements":
		return c.requirements()
	case "forbidden-service-types", "service-type":
		return c.serviceTypes()
	case "verify-container-capabilities":
		return policy.Check("required-drop-capabilities", map[string]any{"capabilities": c.Params["forbiddenCapabilities"]}), ""
	case "priority-class-name":
		return policy.Check("priority-class", map[string]any{"allowed": c.Params["acceptedPriorityClassNames"]}), ""
	}
	return check, fmt.Sprintf("its template %s has no check with these parameters", c.Template)
}

// requirements are bounds whose inside is refused: those from 0 on say that there must be some.
func (c *customCheck) requirements() (check v1alpha1.Validator, why string) {
	resource, _, _ := strings.Cut(c.Template, "-")
	upper := c.Params["upperBoundMillis"]
	if resource == "memory" {
		upper = c.Params["upperBoundMB"]
	}
	if upper != nil && fmt.Sprint(upper) != "0" {
		return check, "it refuses what is within bounds"
	}
	name := "resource-requests"
	if c.Params["requirementsType"] == "limit" {
		name = "resource-limits"
	}
	return policy.Check(name, map[string]any{"resources": []any{resource}}), ""
}

func (c *customCheck) serviceTypes() (check v1alpha1.Validator, why string) {
	list, _ := c.Params["forbiddenServiceTypes"].([]any)
	if len(list) == 1 && list[0] == "NodePort" {
		return policy.Check("service-node-port", nil), ""
	}
	if len(list) == 1 && list[0] == "LoadBalancer" {
		return policy.Check("service-load-balancer", nil), ""
	}
	return check, "it forbids several types of Services"
}
