package defaulting

import (
	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// ruledKinds are those that no check looks into, and rules may.
var ruledKinds = []schema.GroupVersionKind{
	corev1.SchemeGroupVersion.WithKind("LimitRange"),
	corev1.SchemeGroupVersion.WithKind("ResourceQuota"),
	networkingv1.SchemeGroupVersion.WithKind("IngressClass"),
	nodev1.SchemeGroupVersion.WithKind("RuntimeClass"),
	schedulingv1.SchemeGroupVersion.WithKind("PriorityClass"),
	storagev1.SchemeGroupVersion.WithKind("CSIDriver"),
	storagev1.SchemeGroupVersion.WithKind("StorageClass"),
	admissionregistrationv1.SchemeGroupVersion.WithKind("MutatingWebhookConfiguration"),
	admissionregistrationv1.SchemeGroupVersion.WithKind("ValidatingWebhookConfiguration"),
	admissionregistrationv1.SchemeGroupVersion.WithKind("ValidatingAdmissionPolicy"),
	admissionregistrationv1.SchemeGroupVersion.WithKind("ValidatingAdmissionPolicyBinding"),
}

var ruledTable = join(
	of(limits),
	of(func(c *networkingv1.IngressClassParametersReference) {
		pointer(&c.Scope, networkingv1.IngressClassParametersReferenceScopeCluster)
	}),
	of(func(c *schedulingv1.PriorityClass) { pointer(&c.PreemptionPolicy, corev1.PreemptLowerPriority) }),
	of(func(d *storagev1.CSIDriverSpec) {
		pointer(&d.AttachRequired, true)
		pointer(&d.PodInfoOnMount, false)
		pointer(&d.StorageCapacity, false)
		pointer(&d.RequiresRepublish, false)
		pointer(&d.SELinuxMount, false)
		pointer(&d.FSGroupPolicy, storagev1.ReadWriteOnceWithFSTypeFSGroupPolicy)
		if len(d.VolumeLifecycleModes) == 0 {
			d.VolumeLifecycleModes = []storagev1.VolumeLifecycleMode{storagev1.VolumeLifecyclePersistent}
		}
	}),
	of(func(c *storagev1.StorageClass) {
		pointer(&c.ReclaimPolicy, corev1.PersistentVolumeReclaimDelete)
		pointer(&c.VolumeBindingMode, storagev1.VolumeBindingImmediate)
	}),
	of(func(w *admissionregistrationv1.MutatingWebhook) {
		webhook(&w.FailurePolicy, &w.MatchPolicy, &w.NamespaceSelector, &w.ObjectSelector, &w.TimeoutSeconds)
		pointer(&w.ReinvocationPolicy, admissionregistrationv1.NeverReinvocationPolicy)
	}),
	of(func(w *admissionregistrationv1.ValidatingWebhook) {
		webhook(&w.FailurePolicy, &w.MatchPolicy, &w.NamespaceSelector, &w.ObjectSelector, &w.TimeoutSeconds)
	}),
	of(func(r *admissionregistrationv1.Rule) { pointer(&r.Scope, admissionregistrationv1.AllScopes) }),
	of(func(r *admissionregistrationv1.ServiceReference) { pointer(&r.Port, 443) }),
	of(func(p *admissionregistrationv1.ValidatingAdmissionPolicySpec) {
		pointer(&p.FailurePolicy, admissionregistrationv1.Fail)
	}),
	of(func(m *admissionregistrationv1.MatchResources) {
		pointer(&m.MatchPolicy, admissionregistrationv1.Equivalent)
		pointer(&m.NamespaceSelector, metav1.LabelSelector{})
		pointer(&m.ObjectSelector, metav1.LabelSelector{})
	}),
)

func webhook(
	fails **admissionregistrationv1.FailurePolicyType, matches **admissionregistrationv1.MatchPolicyType,
	namespaces, objects **metav1.LabelSelector, timeout **int32,
) {
	pointer(fails, admissionregistrationv1.Fail)
	pointer(matches, admissionregistrationv1.Equivalent)
	pointer(namespaces, metav1.LabelSelector{})
	pointer(objects, metav1.LabelSelector{})
	pointer(timeout, 10)
}

// limits: the most is the default limit, that the default request, and else the least is.
func limits(l *corev1.LimitRangeItem) {
	if l.Type != corev1.LimitTypeContainer {
		return
	}
	l.Default = filled(l.Default, l.Max)
	l.DefaultRequest = filled(filled(l.DefaultRequest, l.Default), l.Min)
}

func filled(list, from corev1.ResourceList) corev1.ResourceList {
	for name, quantity := range from {
		if _, set := list[name]; !set {
			if list == nil {
				list = corev1.ResourceList{}
			}
			list[name] = quantity.DeepCopy()
		}
	}
	return list
}
