// Package webhook is AdmissionReview over HTTP, in and out: the handler of one
// review, its metrics, and the server around it.
//
//	handler := &webhook.Handler{Set: current.Load, Metrics: metrics, Log: log}
//	mux.Handle("/mutate", handler.Mutate())
//	mux.Handle("/validate", handler.Validate())
//
// What is wrong with the HTTP request or the review around the object is an
// HTTP 4xx. From then on every answer is a review with the request's UID.
package webhook
