// Package auditlog reads the audit log of an API server, audit.k8s.io/v1, and makes of its events
// the requests that admission saw.
//
// A log has no end, so it is read event by event, and nothing of it is kept. What cannot be made a
// request again, as the log does not have what it takes, is said with the reason.
package auditlog
