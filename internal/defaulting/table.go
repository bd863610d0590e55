package defaulting

import (
	"maps"
	"reflect"

	autoscalingv1 "k8s.io/api/autoscaling/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	discoveryv1 "k8s.io/api/discovery/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
)

// table has the defaults of each type that has some. They hold wherever the type is: a probe has
// the same in a Pod and in a template of a CronJob.
var table = join(
	podTable, volumeTable, workloadTable, coreTable, ruledTable,
	of(func(h *autoscalingv1.HorizontalPodAutoscaler) {
		pointer(&h.Spec.MinReplicas, 1)
		// Metrics of the newer version are in annotations here.
		if len(h.Annotations) == 0 {
			pointer(&h.Spec.TargetCPUUtilizationPercentage, 80)
		}
	}),
	of(autoscaler), of(scalingBehavior),
	of(func(p *discoveryv1.EndpointPort) {
		pointer(&p.Name, "")
		pointer(&p.Protocol, "TCP")
	}),
	of(func(p *networkingv1.NetworkPolicyPort) { pointer(&p.Protocol, "TCP") }),
	of(func(s *networkingv1.NetworkPolicySpec) {
		if len(s.PolicyTypes) == 0 {
			s.PolicyTypes = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
			if len(s.Egress) > 0 {
				s.PolicyTypes = append(s.PolicyTypes, networkingv1.PolicyTypeEgress)
			}
		}
	}),
	of(func(r *rbacv1.RoleRef) { value(&r.APIGroup, rbacv1.GroupName) }),
	of(func(s *rbacv1.Subject) {
		if s.Kind == rbacv1.UserKind || s.Kind == rbacv1.GroupKind {
			value(&s.APIGroup, rbacv1.GroupName)
		}
	}),
)

type defaults = map[reflect.Type]func(any)

// of is a line of the table.
func of[T any](set func(*T)) defaults {
	return defaults{reflect.TypeFor[T](): func(at any) { set(at.(*T)) }}
}

func join(all ...defaults) defaults {
	joined := defaults{}
	for _, one := range all {
		maps.Copy(joined, one)
	}
	return joined
}

// value gives a field that is empty its default.
func value[T comparable](field *T, is T) {
	var empty T
	if *field == empty {
		*field = is
	}
}

// pointer gives a field that is not there its default.
func pointer[T any](field **T, is T) {
	if *field == nil {
		*field = &is
	}
}

func autoscaler(h *autoscalingv2.HorizontalPodAutoscaler) {
	pointer(&h.Spec.MinReplicas, 1)
	if len(h.Spec.Metrics) == 0 {
		h.Spec.Metrics = []autoscalingv2.MetricSpec{{
			Type: autoscalingv2.ResourceMetricSourceType,
			Resource: &autoscalingv2.ResourceMetricSource{
				Name:   "cpu",
				Target: autoscalingv2.MetricTarget{Type: autoscalingv2.UtilizationMetricType, AverageUtilization: new(int32(80))},
			},
		}}
	}
}

func scalingBehavior(b *autoscalingv2.HorizontalPodAutoscalerBehavior) {
	percent := autoscalingv2.HPAScalingPolicy{Type: autoscalingv2.PercentScalingPolicy, Value: 100, PeriodSeconds: 15}
	pods := autoscalingv2.HPAScalingPolicy{Type: autoscalingv2.PodsScalingPolicy, Value: 4, PeriodSeconds: 15}
	pointer(&b.ScaleUp, autoscalingv2.HPAScalingRules{})
	pointer(&b.ScaleUp.StabilizationWindowSeconds, 0)
	scalingRules(b.ScaleUp, pods, percent)
	pointer(&b.ScaleDown, autoscalingv2.HPAScalingRules{})
	scalingRules(b.ScaleDown, percent)
}

func scalingRules(r *autoscalingv2.HPAScalingRules, policies ...autoscalingv2.HPAScalingPolicy) {
	pointer(&r.SelectPolicy, autoscalingv2.MaxChangePolicySelect)
	if r.Policies == nil {
		r.Policies = policies
	}
}
