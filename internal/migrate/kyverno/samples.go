package kyverno

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"sync"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// sample makes a check of a pattern that asks for what the check does, whatever the policy is called.
// Whatever else the rule has keeps it from being one.
func (t *translation) sample() bool {
	v := t.rule.Validate
	p, is := v.Pattern.(map[string]any)
	if !is || t.rule.Preconditions != nil || len(t.rule.Context) > 0 || len(t.rule.CELPreconditions) > 0 {
		return false
	}
	var checks []v1alpha1.Validator
	if t.pods {
		checks = t.ofPods(p)
	} else {
		checks = t.ofOthers(p)
	}
	if len(checks) == 0 {
		return false
	}
	t.checks(checks...)
	return true
}

// ofPods are the checks that a pattern of Pods is.
func (t *translation) ofPods(p map[string]any) []v1alpha1.Validator {
	spec, is := only(p, "spec")
	if !is {
		return nil
	}
	if check := hostNamespaces(spec); check != nil {
		return check
	}
	if written(spec) == `{"=(volumes)":[{"X(hostPath)":"null"}]}` {
		return []v1alpha1.Validator{policy.Controls("baseline", "hostPathVolumes")}
	}
	inner, all := containers(spec)
	if inner == nil {
		return nil
	}
	if control, known := ofContainers()[written(inner)]; known {
		if !all {
			t.Differ("Init containers and ephemeral containers are evaluated, too.")
		}
		return []v1alpha1.Validator{control()}
	}
	return t.ofImages(inner, all)
}

// ofContainers are checks by the pattern of a container.
var ofContainers = sync.OnceValue(func() map[string]func() v1alpha1.Validator {
	return map[string]func() v1alpha1.Validator{
		`{"=(securityContext)":{"=(privileged)":"false"}}`:         control("baseline", "privileged"),
		`{"securityContext":{"allowPrivilegeEscalation":"false"}}`: control("restricted", "allowPrivilegeEscalation"),
		`{"=(ports)":[{"=(hostPort)":0}]}`:                         control("baseline", "hostPorts"),
		`{"=(securityContext)":{"=(procMount)":"Default"}}`:        control("baseline", "procMount"),
		`{"securityContext":{"readOnlyRootFilesystem":true}}`:      named("read-only-root-filesystem"),
		`{"securityContext":{"readOnlyRootFilesystem":"true"}}`:    named("read-only-root-filesystem"),
		`{"image":"*@*"}`: named("image-digest-required"),
	}
})

func control(level, name string) func() v1alpha1.Validator {
	return func() v1alpha1.Validator { return policy.Controls(level, name) }
}

func named(check string) func() v1alpha1.Validator {
	return func() v1alpha1.Validator { return policy.Check(check, nil) }
}

func written(p any) string {
	raw, err := json.Marshal(p)
	if err != nil {
		return ""
	}
	return string(raw)
}

// only is the one field of a map.
func only(p map[string]any, field string) (map[string]any, bool) {
	below, is := p[field].(map[string]any)
	return below, is && len(p) == 1
}

// containers is the pattern that all containers have, and whether those of every kind have it.
func containers(spec map[string]any) (inner map[string]any, all bool) {
	seen := 0
	for key, below := range spec {
		_, name := anchor(key)
		list, is := below.([]any)
		if !is || len(list) != 1 || !slices.Contains([]string{"containers", "initContainers", "ephemeralContainers"}, name) {
			return nil, false
		}
		one, is := list[0].(map[string]any)
		if !is || inner != nil && written(inner) != written(one) {
			return nil, false
		}
		inner = one
		seen++
	}
	if spec["containers"] == nil {
		return nil, false
	}
	bare := maps.Clone(inner)
	if name := bare["name"]; name == "*" || name == "?*" {
		delete(bare, "name")
	}
	return bare, seen == 3
}

// hostNamespaces are the namespaces of the node that a Pod must not share.
func hostNamespaces(spec map[string]any) []v1alpha1.Validator {
	allowed := []string{"hostIPC", "hostNetwork", "hostPID"}
	for key, below := range spec {
		_, name := anchor(key)
		at := slices.Index(allowed, name)
		if at < 0 || key != "=("+name+")" || below != "false" && below != false {
			return nil
		}
		allowed = slices.Delete(allowed, at, at+1)
	}
	if len(allowed) == 0 {
		return []v1alpha1.Validator{policy.Controls("baseline", "hostNamespaces")}
	}
	return []v1alpha1.Validator{policy.Check("allowed-host-namespaces", map[string]any{"allowed": allowed})}
}

// ofImages are checks of images and of resources.
func (t *translation) ofImages(inner map[string]any, all bool) []v1alpha1.Validator {
	if !all {
		return nil // ours look at every container: the expression is exact
	}
	image, is := inner["image"].(string)
	if !is || len(inner) != 1 {
		return nil
	}
	if image == "!*:latest" && t.hasRule("*:*") || image == "*:*" && t.hasRule("!*:latest") {
		return []v1alpha1.Validator{policy.Check("image-latest-tag", map[string]any{"tags": []string{"latest"}})}
	}
	var allowed []string
	for term := range strings.SplitSeq(image, "|") {
		registry, ends := strings.CutSuffix(strings.TrimSpace(term), "/*")
		if !ends || policy.IsGlob(registry) || strings.ContainsAny(registry, "!<>&{") {
			return nil
		}
		if strings.Contains(registry, "/") || !strings.ContainsAny(registry, ".:") {
			registry += "/*"
		}
		allowed = append(allowed, registry)
	}
	t.Differ("Images are parsed here: nginx is docker.io/library/nginx, and a registry is compared as a whole.")
	return []v1alpha1.Validator{policy.Check("image-registry-allowed", map[string]any{"allowed": allowed})}
}

// hasRule tells whether another rule of the policy wants this image of all containers.
func (t *translation) hasRule(image string) bool {
	return slices.ContainsFunc(t.spec.Rules, func(content map[string]any) bool {
		validate, _ := content["validate"].(map[string]any)
		pattern, _ := validate["pattern"].(map[string]any)
		spec, is := only(pattern, "spec")
		if !is {
			return false
		}
		inner, all := containers(spec)
		return all && inner["image"] == image && len(inner) == 1
	})
}

// keys are labels or annotations that must be there with some value.
func (t *translation) keys(meta map[string]any) []v1alpha1.Validator {
	for _, what := range []string{"labels", "annotations"} {
		entries, is := only(meta, what)
		if !is {
			continue
		}
		var all []map[string]any
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			if entries[key] != "?*" || policy.IsGlob(key) {
				return nil
			}
			if kind, _ := anchor(key); kind != "" {
				return nil
			}
			all = append(all, map[string]any{"key": key, "pattern": ".+"})
		}
		return []v1alpha1.Validator{policy.Check("required-"+what, map[string]any{what: all, "kinds": t.matcher.kinds})}
	}
	return nil
}

// ofOthers are checks of other kinds.
func (t *translation) ofOthers(p map[string]any) []v1alpha1.Validator {
	if meta, is := only(p, "metadata"); is && len(t.matcher.kinds) > 0 {
		return t.keys(meta)
	}
	if !slices.Equal(t.matcher.kinds, []string{"Service"}) {
		return nil
	}
	switch written(p) {
	case `{"spec":{"type":"!NodePort"}}`, `{"spec":{"=(type)":"!NodePort"}}`:
		return []v1alpha1.Validator{policy.Check("service-node-port", nil)}
	case `{"spec":{"type":"!LoadBalancer"}}`, `{"spec":{"=(type)":"!LoadBalancer"}}`:
		return []v1alpha1.Validator{policy.Check("service-load-balancer", nil)}
	}
	return nil
}
