package gatekeeper

import (
	"strings"

	"taffrail.dev/taffrail/internal/migrate/policy"
)

// library has the templates of gatekeeper-library by the kinds of their constraints.
var library = map[string]func(*translation){
	"K8sAllowedRepos":                         (*translation).allowedRepos,
	"K8sAllowedReposv2":                       (*translation).allowedImages,
	"K8sDisallowedRepos":                      (*translation).deniedRepos,
	"K8sDisallowedTags":                       func(t *translation) { t.check("image-latest-tag", list("tags", t.parameters.Tags)) },
	"K8sImageDigests":                         named("image-digest-required"),
	"K8sContainerLimits":                      (*translation).containerLimits,
	"K8sContainerRequests":                    (*translation).containerRequests,
	"K8sContainerRatios":                      (*translation).containerRatios,
	"K8sRequiredResources":                    (*translation).requiredResources,
	"K8sContainerEphemeralStorageLimit":       (*translation).ephemeralStorage,
	"K8sExternalIPs":                          func(t *translation) { t.check("service-external-ips", list("allowedIPs", t.parameters.AllowedIPs)) },
	"K8sBlockNodePort":                        named("service-node-port"),
	"K8sBlockLoadBalancer":                    named("service-load-balancer"),
	"K8sBlockWildcardIngress":                 named("ingress-hosts"),
	"K8sDisallowInteractiveTTY":               named("tty-stdin"),
	"K8sRequiredProbes":                       (*translation).requiredProbes,
	"K8sReplicaLimits":                        (*translation).replicaLimits,
	"K8sHorizontalPodAutoscaler":              (*translation).autoscaler,
	"K8sPodDisruptionBudget":                  differing("pdb-blocks-drain", "Whether as many Pods must stay as there are replicas is not looked up at admission; `taffrail check` finds it (pdb-against-replicas)."),
	"K8sRequiredLabels":                       func(t *translation) { t.requiredKeys("labels", t.parameters.Labels) },
	"K8sRequiredAnnotations":                  func(t *translation) { t.requiredKeys("annotations", t.parameters.Annotations) },
	"K8sStorageClass":                         (*translation).storageClass,
	"K8sHttpsOnly":                            (*translation).httpsOnly,
	"K8sDisallowAnonymous":                    (*translation).anonymous,
	"K8sBlockEndpointEditDefaultRole":         differing("endpoints-edit", "Of the aggregated roles only system:aggregate-to-edit is looked at there; here any role that may edit Endpoints is."),
	"VerifyDeprecatedAPI":                     (*translation).deprecated,
	"NoUpdateServiceAccount":                  (*translation).serviceAccount,
	"K8sPSPPrivilegedContainer":               controlled("baseline", "privileged"),
	"K8sPSPHostProcess":                       controlled("baseline", "windowsHostProcess"),
	"K8sPSPHostProbesLifecycle":               controlled("baseline", "hostProbesAndHostLifecycle"),
	"K8sPSPAllowPrivilegeEscalationContainer": (*translation).privilegeEscalation,
	"K8sPSPReadOnlyRootFilesystem":            named("read-only-root-filesystem"),
	"K8sPSPHostNamespace":                     func(t *translation) { t.check("allowed-host-namespaces", list("allowed", []string{"hostNetwork"})) },
	"K8sPSPHostNetworkingPorts":               (*translation).hostNetworking,
	"K8sPSPHostFilesystem":                    (*translation).hostFilesystem,
	"K8sPSPVolumeTypes":                       func(t *translation) { t.check("volume-types", list("allowed", t.parameters.Volumes)) },
	"K8sPSPFlexVolumes":                       (*translation).flexVolumes,
	"K8sPSPCapabilities":                      (*translation).capabilities,
	"K8sPSPAllowedUsers":                      (*translation).allowedUsers,
	"K8sPSPFSGroup":                           (*translation).fsGroup,
	"K8sPSPProcMount":                         (*translation).procMount,
	"K8sPSPAppArmor":                          (*translation).appArmor,
	"K8sPSPSeccomp":                           (*translation).seccomp,
	"K8sPSPSeccompV2":                         (*translation).seccomp,
	"K8sPSPSELinuxV2":                         (*translation).seLinux,
	"K8sPSPForbiddenSysctls":                  (*translation).sysctls,
	"K8sPSPAutomountServiceAccountTokenPod":   differing("automount-service-account-token", "A Pod that does not say that the token is not mounted is found, whether its ServiceAccount says so or not."),
	"K8sUniqueIngressHost":                    lookup("duplicate-ingress-path"),
	"K8sUniqueServiceSelector":                lookup(""),
}

// named is a template that is a check without parameters.
func named(check string) func(*translation) {
	return func(t *translation) { t.check(check, nil) }
}

func differing(check, difference string) func(*translation) {
	return func(t *translation) {
		t.check(check, nil)
		t.Differ(difference)
	}
}

func controlled(level, control string) func(*translation) {
	return func(t *translation) { t.control(level, control) }
}

func lookup(check string) func(*translation) {
	instead := "nothing: no webhook can know what is created at the same time"
	if check != "" {
		instead = "run `taffrail check` over all manifests, which finds it (" + check + ")"
	}
	return func(t *translation) { t.Leave("it looks other objects up, which a webhook here never does", instead) }
}

// list is one parameter that is a list, which is written even if it is empty: without it a check has
// its own.
func list(name string, values []string) map[string]any {
	return map[string]any{name: append([]string{}, values...)}
}

const parsed = "Images are parsed here: nginx is docker.io/library/nginx, and a registry is compared as a whole, not as the beginning of a text."

// repository is what a beginning of an image's text means as an entry.
func (t *translation) repository(prefix string) string {
	t.Differ(parsed)
	bare := strings.TrimSuffix(prefix, "/")
	if !strings.Contains(bare, "/") && (strings.ContainsAny(bare, ".:") || bare == "localhost") {
		return bare // a registry
	}
	if bare != prefix {
		return bare + "/*"
	}
	return bare + "*"
}

func (t *translation) repositories() (all []string) {
	for _, prefix := range t.parameters.Repos {
		all = append(all, t.repository(prefix))
	}
	return all
}

func (t *translation) allowedRepos() {
	t.check("image-registry-allowed", list("allowed", t.repositories()))
}

func (t *translation) deniedRepos() {
	t.check("image-registry-denied", list("denied", t.repositories()))
}

func (t *translation) allowedImages() {
	t.Differ(parsed)
	t.check("image-registry-allowed", list("allowed", t.parameters.AllowedImages))
}

// most are the upper bounds of cpu and memory.
func (t *translation) most() map[string]any {
	most := map[string]any{}
	if cpu := text(t.parameters.CPU); cpu != "" && cpu != "-1" {
		most["cpu"] = cpu
	}
	if memory := text(t.parameters.Memory); memory != "" {
		most["memory"] = memory
	}
	return most
}

func (t *translation) containerLimits() {
	both := []string{"cpu", "memory"}
	if text(t.parameters.CPU) == "-1" {
		both = both[1:]
	}
	t.check("resource-limits", list("resources", both))
	if most := t.most(); len(most) > 0 {
		t.check("resource-bounds", map[string]any{"limits": map[string]any{"max": most}})
	}
}

func (t *translation) containerRequests() {
	t.check("resource-requests", list("resources", []string{"cpu", "memory"}))
	if most := t.most(); len(most) > 0 {
		t.check("resource-bounds", map[string]any{"requests": map[string]any{"max": most}})
	}
}

func (t *translation) containerRatios() {
	both := list("resources", []string{"cpu", "memory"})
	t.check("resource-limits", both)
	t.check("resource-requests", both)
	cpu := t.parameters.CPURatio
	if cpu == nil {
		cpu = t.parameters.Ratio
	}
	t.check("limit-request-ratio", map[string]any{"memory": number(t.parameters.Ratio), "cpu": number(cpu)})
}

func (t *translation) requiredResources() {
	if len(t.parameters.Limits) > 0 {
		t.check("resource-limits", list("resources", t.parameters.Limits))
	}
	if len(t.parameters.Requests) > 0 {
		t.check("resource-requests", list("resources", t.parameters.Requests))
	}
	t.Differ("Resources of the Pod as a whole count for its containers.")
}

func (t *translation) ephemeralStorage() {
	t.check("ephemeral-storage-limit", map[string]any{"max": text(t.parameters.EphemeralStorage)})
}

func (t *translation) requiredProbes() {
	params := map[string]any{"withoutPorts": true, "types": t.parameters.ProbeTypes}
	for _, probe := range t.parameters.Probes {
		switch probe {
		case "readinessProbe":
			t.check("readiness-probe", params)
		case "livenessProbe":
			t.check("liveness-probe", params)
		case "startupProbe":
			t.check("startup-probe", map[string]any{"types": t.parameters.ProbeTypes})
		}
	}
	t.Differ("Containers of Jobs and CronJobs need no probe.")
}

func (t *translation) replicaLimits() {
	var ranges []map[string]any
	for _, r := range t.parameters.Ranges {
		ranges = append(ranges, bounds(r.Min, r.Max))
	}
	t.check("min-replicas", map[string]any{"ranges": ranges})
}

func bounds(least, most *int64) map[string]any {
	out := map[string]any{}
	if least != nil {
		out["min"] = *least
	}
	if most != nil {
		out["max"] = *most
	}
	return out
}

func (t *translation) autoscaler() {
	switch {
	case t.parameters.EnforceScaleTargetRef:
		t.Differ("Whether the target is there is not looked up at admission; `taffrail check` finds it (dangling-horizontal-pod-autoscaler).")
	case len(t.parameters.Ranges) > 1:
		t.Leave("it has several ranges, and hpa-bounds has one", "write a rule in CEL")
	}
	if len(t.parameters.Ranges) > 0 {
		t.check("hpa-bounds", bounds(t.parameters.Ranges[0].Min, t.parameters.Ranges[0].Max))
	}
	if spread := t.parameters.MinimumReplicaSpread; spread != nil {
		t.rule(t.of.Name+"-spread", "autoscaling", "horizontalpodautoscalers",
			"object.spec.maxReplicas - object.spec.?minReplicas.orValue(1) >= "+policy.Literal(*spread), "must have more replicas between minReplicas and maxReplicas")
	}
}
