// Package psp makes checks of PodSecurityPolicies, and of the Pod Security labels of Namespaces.
package psp
