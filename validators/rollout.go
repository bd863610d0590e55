package validators

import (
	"math"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// aQuarter is what the API server sets for maxSurge and maxUnavailable.
var aQuarter = intstr.FromString("25%")

// rollout is how a Deployment rolls out, with the API server's defaults.
type rollout struct {
	maxUnavailable, maxSurge intstr.IntOrString
	replicas                 int
}

func rolloutOf(deployment *appsv1.Deployment) rollout {
	out := rollout{maxUnavailable: aQuarter, maxSurge: aQuarter, replicas: max(int(orOne(deployment.Spec.Replicas)), 1)}
	if rolling := deployment.Spec.Strategy.RollingUpdate; rolling != nil {
		if rolling.MaxUnavailable != nil {
			out.maxUnavailable = *rolling.MaxUnavailable
		}
		if rolling.MaxSurge != nil {
			out.maxSurge = *rolling.MaxSurge
		}
	}
	return out
}

// exceeds tells whether more may be unavailable than most. Two percentages or two numbers are
// compared as they are written, since replicas may be scaled.
func (o rollout) exceeds(most intstr.IntOrString) bool {
	n, percent, ok := readIntOrPercent(o.maxUnavailable)
	limit, limitPercent, _ := readIntOrPercent(most)
	n, limit = min(n, math.MaxInt32), min(limit, math.MaxInt32)
	switch {
	case !ok:
		return false // the API server refuses it
	case percent && (!limitPercent || limit == 0):
		return o.unavailable() > limit
	case percent == limitPercent:
		return n > limit
	default:
		return n*100 > limit*o.replicas
	}
}

// unavailable is the number of Pods that the Deployment controller takes away at once. It rounds
// maxUnavailable down and maxSurge up, and where both come to none it takes away one.
func (o rollout) unavailable() int {
	n, percent, _ := readIntOrPercent(o.maxUnavailable)
	if percent {
		n = min(n, 100) * o.replicas / 100
	}
	if surge, _, ok := readIntOrPercent(o.maxSurge); n == 0 && ok && surge == 0 {
		return 1
	}
	return n
}

// amount is what a bound compares: a percentage, or a number of Pods.
func (o rollout) amount(most intstr.IntOrString) float64 {
	n, percent, _ := readIntOrPercent(o.maxUnavailable)
	_, bounded, _ := readIntOrPercent(most)
	switch {
	case percent && !bounded:
		return max(float64(o.unavailable()), float64(n)*float64(o.replicas)/100)
	case bounded && !percent:
		return float64(n) * 100 / float64(o.replicas)
	default:
		return float64(n)
	}
}
