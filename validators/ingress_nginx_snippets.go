package validators

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "ingress-nginx-snippets",
	Summary: "Ingresses with snippets of nginx configuration, or with values and paths that smuggle some in",
	Doc: `
ingress-nginx writes annotations and paths into its configuration. Whoever
gets a directive in there runs code in the controller, whose service account
reads the Secrets of the whole cluster (CVE-2021-25742 and those after it).

Annotations that end in -snippet are refused, and so is the setting that lets
the controller read them: allow-snippet-annotations in its ConfigMap. So are
values of its other annotations, and paths, that hold what ends a directive or
names a dangerous one: braces, quotes, semicolons, line breaks, load_module,
_by_lua and such. That is how auth-url, auth-tls-match-cn, mirror-target,
permanent-redirect and plain paths were used. A brace that only counts, as in
[a-z]{2}, is refused as well.

Nor may they lead to the controller's files: below /etc, /root or
/var/run/secrets, or by way of .., however it is encoded. Annotations that name
a Secret or a ConfigMap, such as auth-tls-secret, must hold its name and nothing
else. The names of the controller's annotations are known under every prefix
that --annotations-prefix may have given them.

Use the annotations made for the purpose, or a route of a Gateway; what all
need belongs in the controller's own ConfigMap. Upgrade the controller as
well.
`,
	Severity: Critical,
	References: slices.Concat(
		params.Refs(params.CVE, "CVE-2021-25742", "CVE-2021-25745", "CVE-2021-25746", "CVE-2022-4886", "CVE-2023-5043",
			"CVE-2023-5044", "CVE-2024-7646", "CVE-2025-1097", "CVE-2025-1098", "CVE-2025-1974",
			"CVE-2025-15566", "CVE-2025-24513", "CVE-2025-24514", "CVE-2026-1580", "CVE-2026-24512"),
		params.Refs(params.Kyverno, "disallow-ingress-nginx-custom-snippets", "restrict-annotations", "restrict-ingress-paths",
			"block-nginx-annotations-cve-2023-5043-cve-2023-5044"),
		params.Refs(params.KRail, "ingress_disallow_nginx_snippet"),
	),
	Resources: append(reading(Annotations, ingresses...), controllerSettings...),
	New:       withoutParameters(mustNotSmuggle),
})

// controllerSettings are ConfigMaps: those of the controller are known by the setting alone, as the
// name of its own is the installation's.
var controllerSettings = only(`object.?data[?"`+allowSnippets+`"].hasValue()`, Resource{
	GroupVersionResource: corev1.SchemeGroupVersion.WithResource("configmaps"), Operations: write, Key: allowSnippets,
})

func mustNotSmuggle(r *workload.Review) []Finding {
	switch o := r.Object.(type) {
	case *networkingv1.Ingress:
		return append(smuggledInAnnotations(o.Annotations), smuggledInPaths(o.Spec.Rules)...)
	case *corev1.ConfigMap:
		return allowedSnippets(o)
	default:
		return nil
	}
}

const allowSnippets = "allow-snippet-annotations"

func allowedSnippets(config *corev1.ConfigMap) []Finding {
	value := config.Data[allowSnippets]
	if allowed, err := strconv.ParseBool(strings.TrimSpace(value)); err != nil || !allowed {
		return nil
	}
	path := (*workload.Path)(nil).Child("data").Key(allowSnippets)
	return []Finding{invalid(path, value, "must not be true").fixedBy(workload.Replace(path, "false"))}
}

func smuggledInAnnotations(annotations map[string]string) (findings []Finding) {
	for key, value := range annotations {
		must := mustOfAnnotation(key, strings.TrimRight(value, "\n"))
		if must == "" {
			continue
		}
		path := (*workload.Path)(nil).Child("metadata", "annotations").Key(key)
		findings = append(findings, invalid(path, value, must).fixedBy(workload.Remove(path)))
	}
	slices.SortFunc(findings, func(a, b Finding) int { return cmp.Compare(a.Path.String(), b.Path.String()) })
	return findings
}

// mustOfAnnotation says what must be of an annotation, or answers "" where it is well.
func mustOfAnnotation(key, value string) string {
	if isSnippet(key) {
		return "must not be set"
	}
	if !isNginxAnnotation(key) {
		return ""
	}
	if smuggled := cmp.Or(directiveIn(value), fileIn(value)); smuggled != "" {
		return "must not hold " + smuggled
	}
	if namesObject(key) && !isObjectName(value) {
		return "must be a name, or namespace/name"
	}
	return ""
}

func smuggledInPaths(rules []networkingv1.IngressRule) (findings []Finding) {
	for i, rule := range rules {
		if rule.HTTP == nil {
			continue
		}
		for j, p := range rule.HTTP.Paths {
			smuggled := cmp.Or(directiveIn(p.Path), fileIn(p.Path))
			if smuggled == "" && strings.ContainsAny(p.Path, " \t") {
				smuggled = "a space"
			}
			if smuggled != "" {
				path := (*workload.Path)(nil).Child("spec", "rules").Item(i, rule.Host).Child("http", "paths").Item(j, p.Path).Child("path")
				findings = append(findings, invalid(path, p.Path, "must not hold "+smuggled))
			}
		}
	}
	return findings
}
