// Package replay hands recorded AdmissionReviews to the handlers of both webhooks, one after the
// other as an API server does, and tells what they answer.
package replay
