package validators

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// hostPatterns are host names. One that begins with "*." stands for every name
// below it, at any depth, and not for the name itself.
type hostPatterns []string

func parseHostPatterns(hosts []string, at *field.Path) (patterns hostPatterns, mistakes field.ErrorList) {
	for i, host := range hosts {
		if len(validation.IsDNS1123Subdomain(strings.TrimPrefix(host, "*."))) > 0 {
			mistakes = append(mistakes, field.Invalid(at.Index(i), host, "must be a host name, or *. and a domain, such as *.example.com"))
		}
	}
	return hosts, mistakes
}

func (p hostPatterns) match(host string) bool {
	return slices.ContainsFunc(p, func(pattern string) bool {
		below, wildcard := strings.CutPrefix(pattern, "*")
		return host == pattern && !wildcard || wildcard && strings.HasSuffix(host, below) && len(host) > len(below)
	})
}
