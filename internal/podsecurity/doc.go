// Package podsecurity evaluates Pods by the Pod Security Standards: by one of them ([Standard]), or
// as Kubernetes' own Pod Security admission does, by the labels of their Namespace ([Admission]).
//
// Whether a Pod violates a control is for Kubernetes to say: k8s.io/pod-security-admission does.
// The package adds where, how to fix it, and what an update must not widen.
package podsecurity
