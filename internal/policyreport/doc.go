// Package policyreport makes reports of what is found in a cluster, in the forms that viewers read
// (OpenReports, and PolicyReports of wgpolicyk8s.io), and keeps them there: as few objects and writes
// as say the same.
package policyreport
