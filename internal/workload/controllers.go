package workload

import (
	"slices"

	authenticationv1 "k8s.io/api/authentication/v1"
)

// RunsTheCluster tells whether a user is one without whom nodes do not come up and workloads do
// not run: a service account of kube-system, or one of the controller managers. Nobody is it who
// does not rule the cluster anyway.
func RunsTheCluster(user authenticationv1.UserInfo) bool {
	return user.Username == "system:kube-controller-manager" || user.Username == "system:cloud-controller-manager" ||
		slices.Contains(user.Groups, "system:serviceaccounts:kube-system")
}
