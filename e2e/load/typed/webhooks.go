// Package typed does what the default guardrail does as controller-runtime would have it done: with a
// defaulter and validators of types, which decode, marshal and compare objects. It is what Taffrail is
// measured against.
package typed

import (
	"context"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// Webhooks are what serves, by the path that it serves.
func Webhooks() (map[string]*admission.Webhook, error) {
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	if err := appsv1.AddToScheme(scheme); err != nil {
		return nil, err
	}
	podSecurity, err := policy.NewEvaluator(policy.DefaultChecks(), nil)
	if err != nil {
		return nil, err
	}
	checks := checks{podSecurity}
	return map[string]*admission.Webhook{
		"/mutate":   admission.WithDefaulter(scheme, defaulter{}),
		"/validate": admission.WithValidator(scheme, validator[*corev1.Pod](checks.pod)),
		"/validate/deployment": admission.WithValidator(scheme, validator[*appsv1.Deployment](func(d *appsv1.Deployment) (admission.Warnings, error) {
			pod := &corev1.Pod{ObjectMeta: d.Spec.Template.ObjectMeta, Spec: d.Spec.Template.Spec}
			if err := (defaulter{}).Default(context.Background(), pod); err != nil {
				return nil, err
			}
			return checks.pod(pod)
		})),
	}, nil
}

// validator evaluates an object whenever it is written.
type validator[T runtime.Object] func(T) (admission.Warnings, error)

func (v validator[T]) ValidateCreate(_ context.Context, object T) (admission.Warnings, error) {
	return v(object)
}

func (v validator[T]) ValidateUpdate(_ context.Context, _, object T) (admission.Warnings, error) {
	return v(object)
}

func (validator[T]) ValidateDelete(context.Context, T) (admission.Warnings, error) { return nil, nil }
