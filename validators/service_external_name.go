package validators

import (
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "service-external-name",
	Summary: "Services of type ExternalName that lead to localhost, or outside a list",
	Doc: `
A Service of type ExternalName is a name for any other name. A proxy that
follows it to localhost, an ingress controller for instance, opens its own admin
port to whoever may create a Service (CVE-2021-32783).

Write the name of the service that is meant. Where only some are, list them:

    allowed: [db.example.com, "*.storage.example.com"]

A name that begins with a star stands for every name below it. Addresses of the
loopback network count as localhost, and so do names that end in localhost.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.CVE, "CVE-2021-32783"),
		params.Refs(params.Kyverno, "disallow-localhost-services"),
	),
	Resources: only(ofType(corev1.ServiceTypeExternalName), services...),
	New:       newServiceExternalName,
})

type serviceExternalName struct {
	Allowed []string `json:"allowed" doc:"Names that are allowed; none means all but localhost."`
}

func newServiceExternalName(decode params.Decode) (Validate, error) {
	var p serviceExternalName
	if err := decode(&p); err != nil {
		return nil, err
	}
	allowed, mistakes := parseHostPatterns(p.Allowed, field.NewPath("allowed"))
	return func(r *workload.Review) []Finding {
		service, ok := r.Object.(*corev1.Service)
		if !ok || service.Spec.Type != corev1.ServiceTypeExternalName {
			return nil
		}
		name := strings.ToLower(strings.TrimSuffix(service.Spec.ExternalName, "."))
		var must string
		switch {
		case isLocalhost(name):
			must = "must not be localhost"
		case len(allowed) > 0 && !allowed.match(name):
			must = "must be " + oneOf(allowed)
		default:
			return nil
		}
		path := (*workload.Path)(nil).Child("spec", "externalName")
		return []Finding{invalid(path, service.Spec.ExternalName, must)}
	}, mistakes.ToAggregate()
}

// isLocalhost tells whether a name in lower case leads to the one who follows it.
func isLocalhost(name string) bool {
	if name == "localhost" || name == "localhost.localdomain" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	if strings.Trim(name, "0123456789.") != "" {
		return strings.HasPrefix(name, "0x")
	}
	// What is no address to netip is one to some resolvers: 127.1, 0177.0.0.1.
	ip, err := netip.ParseAddr(name)
	return err != nil || ip.IsLoopback() || ip.IsUnspecified()
}
