// Package names is the one table of what Taffrail's objects are called. Whoever makes them, looks
// for them or takes them away shares it; the manifests of deploy/ use the same.
package names

// Where Taffrail is found in a cluster. The Deployment, the Service, the ServiceAccount, the
// ClusterRole of every replica, the PodDisruptionBudget and both webhook configurations are called
// Name.
const (
	Namespace = "taffrail-system"
	Name      = "taffrail"
)

// The paths that the API server calls.
const (
	MutatePath     = "/mutate"
	MutateOncePath = "/mutate/once" // for mutations that are not evaluated again
	ValidatePath   = "/validate"
)

// TimeoutSeconds is how long an API server waits for an answer. A review takes a fraction of a
// millisecond; what takes two seconds will not come.
const TimeoutSeconds = 2

// Lease is what the leader holds.
const Lease = "taffrail-leader"

// The Secrets, and the objects of cert-manager that write them.
const (
	// Authority signs the serving certificates: with --tls managed a Secret that the leader keeps,
	// with cert-manager a Certificate.
	Authority = "taffrail-ca"
	// ServingCertificate is the Secret with --tls files, and the Certificate that may write it.
	ServingCertificate = "taffrail-serving-cert"
	// BootstrapIssuer is cert-manager's Issuer of the authority.
	BootstrapIssuer = "taffrail-bootstrap"
)

// The ConfigMaps.
const (
	// ClientCA holds what the client certificate of the API server is verified with.
	ClientCA = "taffrail-client-ca"
	// FirstGuardrails holds what an installation starts with.
	FirstGuardrails = "taffrail-first-guardrails"
	// Dashboard is for Grafana.
	Dashboard = "taffrail-dashboard"
)

// Audit is what the Deployment of the audit and all that it needs are called, its Lease too.
const Audit = "taffrail-audit"

// AuditPath is the non-resource URL that readers of the audit's page need the right to get.
const AuditPath = "/taffrail-audit"

// MetricsService is the Service of /metrics.
const MetricsService = "taffrail-metrics"

// The Roles and ClusterRoles beside Name, and their bindings of the same names.
const (
	// Guardrails may read and report on Guardrails and Exemptions. Where guardrails are files,
	// their ConfigMap has the same name.
	Guardrails = "taffrail-guardrails"
	// Webhooks may write the webhook configurations.
	Webhooks = "taffrail-webhooks"
	// LeaderRole may hold the Lease.
	LeaderRole = "taffrail-leader"
	// AuthorityRole may keep the Secret of the authority.
	AuthorityRole = "taffrail-authority"
	// Doctor may read what `taffrail doctor` looks at.
	Doctor = "taffrail-doctor"
	// ExemptionEditor is for people who may write Exemptions.
	ExemptionEditor = "taffrail-exemption-editor"
	// AuditReports may write the reports of the audit.
	AuditReports = "taffrail-audit-reports"
	// AuditViewer is for people who may read the audit's page.
	AuditViewer = "taffrail-audit-viewer"
	// Kits may read NamespaceKits, and make what they say.
	Kits = "taffrail-kits"
)

// The CustomResourceDefinitions.
const (
	GuardrailDefinition = "guardrails.taffrail.dev"
	ExemptionDefinition = "exemptions.taffrail.dev"
	KitDefinition       = "namespacekits.taffrail.dev"
)

// The entries of the webhook configurations.
const (
	MutateWebhook = "mutate.taffrail.dev"
	// MutationsWebhook has what mutations change besides new Pods, and MutationsOnceWebhook what those
	// change that are not evaluated again.
	MutationsWebhook     = "mutations.taffrail.dev"
	MutationsOnceWebhook = "mutations-once.taffrail.dev"
	ValidateWebhook      = "validate.taffrail.dev"
	// WarnWebhook has what only warns; it fails open.
	WarnWebhook = "warn.taffrail.dev"
	// VitalWebhook has what a cluster does not come up without; it fails open.
	VitalWebhook = "vital.taffrail.dev"
	// LabelledWebhook has what a label protects, where the label has no name of its own.
	LabelledWebhook = "labelled.taffrail.dev"
	// OwnKindsWebhook has Guardrails and Exemptions; it fails open.
	OwnKindsWebhook = "guardrails.taffrail.dev"
)
