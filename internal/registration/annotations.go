package registration

// Unmanaged is the annotation of a webhook configuration that the leader leaves
// as it is, whatever its value.
const Unmanaged = "taffrail.dev/unmanaged"

// InjectCA is the annotation of an unmanaged webhook configuration whose caBundle the leader fills
// in all the same, when its value is "true".
const InjectCA = "taffrail.dev/inject-ca"

// InjectCAFrom is the annotation by which cert-manager's cainjector fills in a caBundle.
const InjectCAFrom = "cert-manager.io/inject-ca-from"

// AdmissionsEnforcer is the label by which AKS leaves a webhook configuration as it is, when its
// value is "true".
const AdmissionsEnforcer = "admissions.enforcer/disabled"
