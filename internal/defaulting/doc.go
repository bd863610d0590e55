// Package defaulting does to an object what an API server has done to it before it calls a webhook:
// it sets the defaults of the API, and writes quantities and the like in one way.
//
// It is for those without an API server, such as `taffrail check`. A webhook gets objects with
// their defaults. Kubernetes' own functions are in k8s.io/kubernetes, which no program can import
// that is to be installed with `go install`; e2e holds the table here to what an API server does.
package defaulting
