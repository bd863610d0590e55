// Package record writes redacted AdmissionReviews as JSON lines, bounded in size and rate, and reads
// AdmissionReviews from files in whatever form they come.
package record
