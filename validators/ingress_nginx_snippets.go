package validators

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

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

Annotations that end in -snippet are refused. So are values of its other
annotations, and paths, that hold what ends a directive or names a dangerous
one: braces, quotes, semicolons, line breaks, load_module, _by_lua and such.
That is how auth-url, auth-tls-match-cn, mirror-target, permanent-redirect and
plain paths were used. A brace that only counts, [a-z]{2}, is refused as well.

Use the annotations made for the purpose, or a route of a Gateway; what all
need belongs in the controller's own ConfigMap. Upgrade the controller as
well.
`,
	Severity: Critical,
	References: slices.Concat(
		params.Refs(params.CVE, "CVE-2021-25742", "CVE-2021-25745", "CVE-2021-25746", "CVE-2022-4886", "CVE-2023-5043",
			"CVE-2023-5044", "CVE-2024-7646", "CVE-2025-1097", "CVE-2025-1098", "CVE-2025-1974", "CVE-2025-24514"),
		params.Refs(params.Kyverno, "disallow-ingress-nginx-custom-snippets", "restrict-annotations", "restrict-ingress-paths"),
		params.Refs(params.KRail, "ingress_disallow_nginx_snippet"),
	),
	Resources: reading(Annotations, ingresses...),
	New:       withoutParameters(mustNotSmuggle),
})

func mustNotSmuggle(r *workload.Review) []Finding {
	ingress, ok := r.Object.(*networkingv1.Ingress)
	if !ok {
		return nil
	}
	return append(smuggledInAnnotations(ingress.Annotations), smuggledInPaths(ingress.Spec.Rules)...)
}

func smuggledInAnnotations(annotations map[string]string) (findings []Finding) {
	for key, value := range annotations {
		var must string
		switch smuggled := directiveIn(strings.TrimRight(value, "\n")); {
		// A controller may be told to read another prefix than its own.
		case strings.HasSuffix(key, "-snippet"), strings.HasSuffix(key, "-snippets"):
			must = "must not be set"
		case strings.HasPrefix(key, "nginx.ingress.kubernetes.io/") && smuggled != "":
			must = "must not hold " + smuggled
		default:
			continue
		}
		path := (*workload.Path)(nil).Child("metadata", "annotations").Key(key)
		findings = append(findings, invalid(path, value, must).fixedBy(workload.Remove(path)))
	}
	slices.SortFunc(findings, func(a, b Finding) int { return cmp.Compare(a.Path.String(), b.Path.String()) })
	return findings
}

func smuggledInPaths(rules []networkingv1.IngressRule) (findings []Finding) {
	for i, rule := range rules {
		if rule.HTTP == nil {
			continue
		}
		for j, p := range rule.HTTP.Paths {
			smuggled := directiveIn(p.Path)
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

// directiveIn names what a value holds that ends a directive of nginx or is a
// dangerous one, or answers "".
func directiveIn(value string) string {
	if i := strings.IndexAny(value, "{};'\"`\r\n\x00"); i >= 0 {
		return strconv.QuoteRune(rune(value[i]))
	}
	for _, word := range [...]string{"load_module", "lua_package", "_by_lua", "ssl_engine", "proxy_pass", "serviceaccount", "/var/run/secrets", "/etc/nginx"} {
		if strings.Contains(value, word) {
			return word
		}
	}
	return ""
}
