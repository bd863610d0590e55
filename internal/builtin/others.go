package builtin

import "k8s.io/apimachinery/pkg/runtime/schema"

// others are well-known kinds that are not Kubernetes' own, though people write them so: the nearest
// name of Kubernetes would send them the wrong way.
var others = map[string]schema.GroupVersion{
	"BuildConfig":           {Group: "build.openshift.io", Version: "v1"},
	"Certificate":           {Group: "cert-manager.io", Version: "v1"},
	"DeploymentConfig":      {Group: "apps.openshift.io", Version: "v1"},
	"Gateway":               {Group: "gateway.networking.k8s.io", Version: "v1"},
	"GatewayClass":          {Group: "gateway.networking.k8s.io", Version: "v1"},
	"HTTPRoute":             {Group: "gateway.networking.k8s.io", Version: "v1"},
	"ImageStream":           {Group: "image.openshift.io", Version: "v1"},
	"NodeMetrics":           {Group: "metrics.k8s.io", Version: "v1beta1"},
	"PodMetrics":            {Group: "metrics.k8s.io", Version: "v1beta1"},
	"Rollout":               {Group: "argoproj.io", Version: "v1alpha1"},
	"Route":                 {Group: "route.openshift.io", Version: "v1"},
	"ServiceMonitor":        {Group: "monitoring.coreos.com", Version: "v1"},
	"Template":              {Group: "template.openshift.io", Version: "v1"},
	"VerticalPodAutoscaler": {Group: "autoscaling.k8s.io", Version: "v1"},
	"VolumeSnapshot":        {Group: "snapshot.storage.k8s.io", Version: "v1"},
	"VolumeSnapshotClass":   {Group: "snapshot.storage.k8s.io", Version: "v1"},
}
