package policyreport

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// API is a group of kinds that reports can be of. They have the same fields, but for the source at the
// top.
type API struct {
	Group, Version            string
	Kind, ClusterKind         string // of what is in a namespace, and of what is in none
	Resource, ClusterResource string
	sourceAtTop               bool
}

// The APIs that viewers read.
var (
	OpenReports = API{
		Group: "openreports.io", Version: "v1alpha1",
		Kind: "Report", ClusterKind: "ClusterReport", Resource: "reports", ClusterResource: "clusterreports", sourceAtTop: true,
	}
	PolicyReports = API{
		Group: "wgpolicyk8s.io", Version: "v1alpha2",
		Kind: "PolicyReport", ClusterKind: "ClusterPolicyReport", Resource: "policyreports", ClusterResource: "clusterpolicyreports",
	}
)

// String is the API as apiVersion says it.
func (a *API) String() string { return a.Group + "/" + a.Version }

// Report is a report of any of the kinds.
type Report struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata"`
	Source            string  `json:"source,omitempty"`
	Summary           Summary `json:"summary"`
	Results           []Row   `json:"results,omitempty"`
}

// Summary counts. Passes and what is exempt have no rows.
type Summary struct {
	Pass  int `json:"pass"`
	Fail  int `json:"fail"`
	Warn  int `json:"warn"`
	Error int `json:"error"`
	Skip  int `json:"skip"`
}

// Row is a finding.
type Row struct {
	Source     string                   `json:"source"`
	Policy     string                   `json:"policy"`
	Rule       string                   `json:"rule,omitempty"`
	Category   string                   `json:"category,omitempty"`
	Severity   string                   `json:"severity,omitempty"`
	Timestamp  *Timestamp               `json:"timestamp,omitempty"`
	Result     string                   `json:"result"`
	Scored     bool                     `json:"scored,omitempty"`
	Resources  []corev1.ObjectReference `json:"resources,omitempty"`
	Message    string                   `json:"message,omitempty"`
	Properties map[string]string        `json:"properties,omitempty"`
}

// Timestamp is when a row was first seen. It takes both fields or none.
type Timestamp struct {
	Seconds int64 `json:"seconds"`
	Nanos   int32 `json:"nanos"`
}

// The results of rows.
const (
	fail    = "fail"
	warn    = "warn"
	failure = "error"
	skip    = "skip"
)

// resultID is the property that viewers tell rows apart by, in place of a hash of their fields.
const resultID = "resultID"
