package workload

// Each Set and Append does nothing where its value is set already; each Replace
// puts its value in the place of the API server's default, or the user's.

// SetAutomountServiceAccountToken says whether the service account's token is mounted.
func (p *Pod) SetAutomountServiceAccountToken(value bool) {
	if p.Spec.AutomountServiceAccountToken != nil {
		return
	}
	p.record(p.SpecPath(), []string{"automountServiceAccountToken"}, 0, value)
	p.Spec.AutomountServiceAccountToken = &value
}

// SetHostUsers says whether the Pod shares the host's user namespace.
func (p *Pod) SetHostUsers(value bool) {
	if p.Spec.HostUsers != nil {
		return
	}
	p.record(p.SpecPath(), []string{"hostUsers"}, 0, value)
	p.Spec.HostUsers = &value
}

// ReplaceEnableServiceLinks says whether the container gets an environment
// variable for each Service of the namespace.
func (p *Pod) ReplaceEnableServiceLinks(value bool) {
	set := p.Spec.EnableServiceLinks
	if set != nil && *set == value {
		return
	}
	p.change(p.SpecPath().Child("enableServiceLinks"), set != nil, value)
	p.Spec.EnableServiceLinks = &value
}

// ReplaceTerminationGracePeriod replaces terminationGracePeriodSeconds.
func (p *Pod) ReplaceTerminationGracePeriod(seconds int64) {
	set := p.Spec.TerminationGracePeriodSeconds
	if set != nil && *set == seconds {
		return
	}
	p.change(p.SpecPath().Child("terminationGracePeriodSeconds"), set != nil, seconds)
	p.Spec.TerminationGracePeriodSeconds = &seconds
}
