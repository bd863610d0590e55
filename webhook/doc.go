// Package webhook is AdmissionReview over HTTP, in and out: the handler of one
// review, its metrics, and the server around it.
//
// What is wrong with the HTTP request or the review around the object is an
// HTTP 4xx. From then on every answer is a review with the request's UID.
package webhook
