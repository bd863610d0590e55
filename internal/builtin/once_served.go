package builtin

// once is what Kubernetes served in former releases and k8s.io/api no longer carries.
type once struct {
	apiVersion string
	kinds      []string
}

// onceServed is not wrong to write, only too late: the check deprecated-api tells of it. Sources:
// the directory staging/src/k8s.io/api of the releases 1.6 to 1.36, and the deprecation guide.
var onceServed = []once{
	{"admissionregistration.k8s.io/v1alpha1", []string{"ExternalAdmissionHookConfiguration", "InitializerConfiguration"}},
	{"apiextensions.k8s.io/v1beta1", []string{"ConversionReview", "CustomResourceDefinition"}},
	{"apiregistration.k8s.io/v1", []string{"APIService"}}, // served: it is in a module of its own
	{"apiregistration.k8s.io/v1beta1", []string{"APIService"}},
	{"apps/v1alpha1", []string{"PetSet"}},
	{"authentication.k8s.io/v1alpha1", []string{"SelfSubjectReview"}},
	{"autoscaling/v2alpha1", []string{"HorizontalPodAutoscaler"}},
	{"autoscaling/v2beta1", []string{"HorizontalPodAutoscaler"}},
	{"autoscaling/v2beta2", []string{"HorizontalPodAutoscaler"}},
	{"batch/v1beta1", []string{"CronJob", "JobTemplate"}},
	{"batch/v2alpha1", []string{"CronJob", "JobTemplate", "ScheduledJob"}},
	{"certificates.k8s.io/v1alpha1", []string{"CertificateSigningRequest", "ClusterTrustBundle", "PodCertificateRequest"}},
	{"coordination.k8s.io/v1alpha1", []string{"LeaseCandidate"}},
	{"discovery.k8s.io/v1alpha1", []string{"EndpointSlice"}},
	{"extensions/v1beta1", []string{
		"DeploymentRollback", "HorizontalPodAutoscaler", "Job", "JobTemplate", "PodSecurityPolicy",
		"ReplicationControllerDummy", "Scale", "ThirdPartyResource",
	}},
	{"flowcontrol.apiserver.k8s.io/v1alpha1", []string{"FlowSchema", "PriorityLevelConfiguration"}},
	{"networking.k8s.io/v1alpha1", []string{"ClusterCIDR", "IPAddress", "ServiceCIDR"}},
	{"node.k8s.io/v1alpha1", []string{"RuntimeClass"}},
	{"policy/v1alpha1", []string{"Eviction", "PodDisruptionBudget"}},
	{"policy/v1beta1", []string{"PodSecurityPolicy"}},
	{"rbac.authorization.k8s.io/v1alpha1", []string{"ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"}},
	{"resource.k8s.io/v1alpha1", []string{"PodScheduling", "ResourceClaim", "ResourceClaimTemplate", "ResourceClass"}},
	{"resource.k8s.io/v1alpha2", []string{
		"PodSchedulingContext", "ResourceClaim", "ResourceClaimParameters", "ResourceClaimTemplate",
		"ResourceClass", "ResourceClassParameters", "ResourceSlice",
	}},
	{"resource.k8s.io/v1alpha3", []string{
		"DeviceClass", "PodSchedulingContext", "ResourceClaim", "ResourceClaimTemplate", "ResourceSlice",
	}},
	{"scheduling.k8s.io/v1alpha1", []string{"PodGroup", "PriorityClass", "Workload"}},
	{"scheduling.k8s.io/v1alpha2", []string{"PodGroup", "Workload"}},
	{"settings.k8s.io/v1alpha1", []string{"PodPreset"}},
	{"storage.k8s.io/v1alpha1", []string{"CSIStorageCapacity", "VolumeAttachment", "VolumeAttributesClass"}},
	{"storage.k8s.io/v1beta1", []string{"CSIDriver", "CSINode", "CSIStorageCapacity", "StorageClass", "VolumeAttachment"}},
	{"storagemigration.k8s.io/v1alpha1", []string{"StorageVersionMigration"}},
	{"v1beta1", firstKinds},
	{"v1beta2", firstKinds},
	{"v1beta3", firstKinds},
}

// firstKinds are those from before Kubernetes 1.0.
var firstKinds = []string{
	"ComponentStatus", "Endpoints", "Event", "LimitRange", "Namespace", "Node", "PersistentVolume", "PersistentVolumeClaim",
	"Pod", "PodTemplate", "ReplicationController", "ResourceQuota", "Secret", "Service", "ServiceAccount",
}
