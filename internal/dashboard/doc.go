// Package dashboard brings the page of the audit in a cluster to the browser of whoever may read it.
//
// A browser has no token for the API server, and the API server takes the header off what it
// proxies. So requests go by port-forward to a Pod of the component, with the token of the user's
// kubeconfig, and come from a server on the loopback interface that only this user's browser may use.
package dashboard
