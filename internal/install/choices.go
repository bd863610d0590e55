package install

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"github.com/distribution/reference"
	"k8s.io/apimachinery/pkg/util/validation"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/tracing"
)

// Where the serving certificate of an installation comes from.
const (
	Managed     = "managed"
	CertManager = "cert-manager"
	Files       = "files"
)

// Choices are what differs between installations. But for Image, the zero value is what most want.
type Choices struct {
	// TLS is Managed, CertManager or Files; left out, Managed.
	TLS string
	// Image is what the Pods run.
	Image string
	// HighAvailability is a third replica, and a second of the audit.
	HighAvailability bool
	// Autoscaling is as many replicas as the load asks for.
	Autoscaling bool
	// Monitoring is what a Prometheus operator and a Grafana look for.
	Monitoring bool
	// Audit is the audit of what is already there, beside the webhooks: one replica, or two with
	// HighAvailability.
	Audit bool
	// Kits are what Namespaces come furnished with. The rights to make it are among the manifests,
	// they themselves are not.
	Kits []v1alpha1.NamespaceKit
	// Static is the webhook configurations among the manifests.
	Static bool
	// ExcludeNamespaces are never matched, besides those that never are.
	ExcludeNamespaces []string
	// BreakGlassGroup are users whose requests are never refused.
	BreakGlassGroup string
	// ClientCA has reviews taken of the API server alone: of clients with a
	// certificate of the authority in the ConfigMap taffrail-client-ca.
	ClientCA bool
	// ClientName is the name that the certificate must have.
	ClientName string
	// APIServerAddresses are the address ranges that reviews may come from.
	APIServerAddresses []string
	// TracingEndpoint is the collector that traces are sent to; the NetworkPolicy lets them out.
	TracingEndpoint string
	// Guardrails are the first ones; without any, the built-in default.
	Guardrails guardrail.Objects
}

func (c *Choices) check() error {
	if !slices.Contains([]string{"", Managed, CertManager, Files}, c.TLS) {
		return fmt.Errorf("--tls %q: must be managed, cert-manager or files", c.TLS)
	}
	if _, err := reference.ParseNormalizedNamed(c.Image); err != nil {
		return fmt.Errorf("--image %q: must be the name of an image, like registry.example.com/taffrail:v0.1.0: %w", c.Image, err)
	}
	for _, name := range c.ExcludeNamespaces {
		if wrong := validation.IsDNS1123Label(name); len(wrong) > 0 {
			return fmt.Errorf("--exclude-namespaces %q: must be the name of a namespace: lower case letters, digits and -, 63 at most", name)
		}
	}
	if c.ClientName != "" && !c.ClientCA {
		return errors.New("--client-name goes with --client-ca: without it no client shows a certificate")
	}
	for _, address := range c.APIServerAddresses {
		if prefix, err := netip.ParsePrefix(address); err != nil || prefix != prefix.Masked() || prefix.Bits() == 0 {
			return fmt.Errorf("--api-server-addresses %q: must be a range of addresses that are not all there are, like 192.0.2.10/32 or 2001:db8::/64", address)
		}
	}
	if c.TracingEndpoint != "" {
		if _, err := tracing.ParseEndpoint(c.TracingEndpoint); err != nil {
			return fmt.Errorf("--tracing-endpoint %w", err)
		}
	}
	return nil
}
