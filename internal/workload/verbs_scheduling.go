package workload

import corev1 "k8s.io/api/core/v1"

// Each verb does nothing where its value is set already.

// SetNodeSelector sets nodeSelector[key].
func (p *Pod) SetNodeSelector(key, value string) {
	if _, set := p.Spec.NodeSelector[key]; set {
		return
	}
	p.record(p.SpecPath(), []string{"nodeSelector", key}, count(p.Spec.NodeSelector != nil), value)
	if p.Spec.NodeSelector == nil {
		p.Spec.NodeSelector = map[string]string{}
	}
	p.Spec.NodeSelector[key] = value
}

// AppendToleration appends a toleration, unless there is one of the same key,
// operator, value and effect.
func (p *Pod) AppendToleration(toleration corev1.Toleration) {
	for i := range p.Spec.Tolerations {
		if there := &p.Spec.Tolerations[i]; there.Key == toleration.Key && there.Value == toleration.Value &&
			there.Effect == toleration.Effect && operatorOf(there) == operatorOf(&toleration) {
			return
		}
	}
	p.recordItem(p.SpecPath().Child("tolerations"), p.Spec.Tolerations == nil, toleration)
	p.Spec.Tolerations = append(p.Spec.Tolerations, toleration)
}

func operatorOf(t *corev1.Toleration) corev1.TolerationOperator {
	if t.Operator == "" {
		return corev1.TolerationOpEqual
	}
	return t.Operator
}

// SetPriorityClassName sets the priority class. The priority and the preemption
// policy that were resolved while there was none go: the API server refuses
// what differs from the class, and resolves them again.
func (p *Pod) SetPriorityClassName(name string) {
	if p.Spec.PriorityClassName != "" {
		return
	}
	p.record(p.SpecPath(), []string{"priorityClassName"}, 0, name)
	p.Spec.PriorityClassName = name
	if p.Spec.Priority != nil {
		p.remove(p.SpecPath().Child("priority"))
		p.Spec.Priority = nil
	}
	if p.Spec.PreemptionPolicy != nil {
		p.remove(p.SpecPath().Child("preemptionPolicy"))
		p.Spec.PreemptionPolicy = nil
	}
}

// SetRuntimeClassName sets the runtime class.
func (p *Pod) SetRuntimeClassName(name string) {
	if p.Spec.RuntimeClassName != nil {
		return
	}
	p.record(p.SpecPath(), []string{"runtimeClassName"}, 0, name)
	p.Spec.RuntimeClassName = &name
}

// AppendTopologySpreadConstraint appends a constraint, unless there is one of the same key that
// does the same when it cannot be satisfied, which the API server would refuse.
func (p *Pod) AppendTopologySpreadConstraint(constraint corev1.TopologySpreadConstraint) {
	for i := range p.Spec.TopologySpreadConstraints {
		if there := &p.Spec.TopologySpreadConstraints[i]; there.TopologyKey == constraint.TopologyKey &&
			there.WhenUnsatisfiable == constraint.WhenUnsatisfiable {
			return
		}
	}
	p.recordItem(p.SpecPath().Child("topologySpreadConstraints"), p.Spec.TopologySpreadConstraints == nil, constraint)
	p.Spec.TopologySpreadConstraints = append(p.Spec.TopologySpreadConstraints, constraint)
}
