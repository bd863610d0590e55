package workload

// ServiceAccount is what is known of the service account that a Pod runs as.
type ServiceAccount struct {
	// Automount is what it says of its token, or nil where it says nothing.
	Automount *bool
	// Bound tells that a binding gives it rights of its own.
	Bound bool
}

// ServiceAccount is what is known of a service account in the namespace of the object: nil where
// nothing is, which is everywhere but among manifests.
func (r *Review) ServiceAccount(name string) *ServiceAccount {
	if r.namespace == nil || r.namespace.cluster.ServiceAccount == nil {
		return nil
	}
	return r.namespace.cluster.ServiceAccount(r.Namespace, name)
}

// WasAdmitted tells whether a Pod has gone through the plugins of an API server, which resolve the
// priority of each: what they would have added by now and have not is not there. Nobody knows that
// of a template.
func (p *Pod) WasAdmitted() bool { return !p.IsTemplate() && p.Spec.Priority != nil }
