package validators

import (
	"iter"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// suspect is a place that a control may forbid: what to say if it does, and the
// Pod reduced to that place, to ask.
type suspect struct {
	Finding
	spec        *corev1.PodSpec
	annotations map[string]string
}

// locators find the suspects of each control. They need not know what a
// control allows in which version, only where it looks.
var locators = map[string]func(*workload.Pod) []suspect{
	"appArmorProfile":            locateAppArmorProfile,
	"allowPrivilegeEscalation":   locateAllowPrivilegeEscalation,
	"capabilities_baseline":      locateCapabilities,
	"capabilities_restricted":    locateCapabilities,
	"hostNamespaces":             locateHostNamespaces,
	"hostPathVolumes":            locateVolumes,
	"hostPorts":                  locateHostPorts,
	"hostProbesAndHostLifecycle": locateHandlerHosts,
	"privileged":                 locatePrivileged,
	"procMount":                  locateProcMount,
	"procMount_restricted":       locateProcMount,
	"restrictedVolumes":          locateVolumes,
	"runAsNonRoot":               locateRunAsNonRoot,
	"runAsUser":                  locateRunAsUser,
	"seLinuxOptions":             locateSELinuxOptions,
	"seccompProfile_baseline":    locateSeccompProfile,
	"seccompProfile_restricted":  locateSeccompProfile,
	"sysctls":                    locateSysctls,
	"windowsHostProcess":         locateHostProcess,
}

// scope is a security context, be it there or not: the Pod's own, or that of a container.
type scope struct {
	// SecurityContext has, for the Pod, the fields that both kinds have.
	*corev1.SecurityContext
	there     bool
	path      *workload.Path
	pod       *workload.Pod
	container workload.Container // the zero Container for the Pod
}

// scopes are the security contexts of the Pod and of all containers.
func scopes(pod *workload.Pod) iter.Seq[scope] {
	return func(yield func(scope) bool) {
		own := scope{SecurityContext: &corev1.SecurityContext{}, path: pod.SpecPath().Child("securityContext"), pod: pod}
		if sc := pod.Spec.SecurityContext; sc != nil {
			own.there = true
			own.SecurityContext = &corev1.SecurityContext{
				AppArmorProfile: sc.AppArmorProfile,
				RunAsNonRoot:    sc.RunAsNonRoot,
				RunAsUser:       sc.RunAsUser,
				SELinuxOptions:  sc.SELinuxOptions,
				SeccompProfile:  sc.SeccompProfile,
				WindowsOptions:  sc.WindowsOptions,
			}
		}
		if !yield(own) {
			return
		}
		for s := range containerScopes(pod) {
			if !yield(s) {
				return
			}
		}
	}
}

// containerScopes are the security contexts of all containers.
func containerScopes(pod *workload.Pod) iter.Seq[scope] {
	return func(yield func(scope) bool) {
		for c := range pod.AllContainers() {
			s := scope{SecurityContext: c.SecurityContext, there: true, path: c.Path().Child("securityContext"), pod: pod, container: c}
			if s.SecurityContext == nil {
				s.SecurityContext, s.there = &corev1.SecurityContext{}, false
			}
			if !yield(s) {
				return
			}
		}
	}
}

// suspect is what a control may find fault with, when the scope has but these settings.
func (s scope) suspect(f Finding, only corev1.SecurityContext) suspect {
	spec := emptySpec(s.pod)
	if s.container.Container == nil {
		spec.SecurityContext = &corev1.PodSecurityContext{
			AppArmorProfile: only.AppArmorProfile,
			RunAsNonRoot:    only.RunAsNonRoot,
			RunAsUser:       only.RunAsUser,
			SELinuxOptions:  only.SELinuxOptions,
			SeccompProfile:  only.SeccompProfile,
			WindowsOptions:  only.WindowsOptions,
		}
		return suspect{Finding: f, spec: spec}
	}
	spec.SecurityContext = inherited(s.pod)
	spec.Containers = []corev1.Container{{SecurityContext: &only}}
	return suspect{Finding: f.of(s.container), spec: spec}
}

// reaches says whom a setting of the scope holds for: the container or, for one of the
// Pod, all that have none of their own. So a setting may move between the two, and
// one more container that takes it is more. What is unset is less than Unconfined.
func (s scope) reaches(f Finding, setting, value string, own func(*corev1.SecurityContext) bool) Finding {
	return f.about(s.pod.SpecPath().Child("securityContext", setting)).shared().spansLater(func() []part {
		if s.container.Container != nil {
			return []part{holds(setting, s.container.Name+" "+value).in(unconfined)}
		}
		whom := []string{" " + value}
		for c := range s.pod.AllContainers() {
			if c.SecurityContext == nil || !own(c.SecurityContext) {
				whom = append(whom, c.Name+" "+value)
			}
		}
		return []part{holds(setting, whom...).in(unconfined)}
	})
}

func unconfined(item string) iter.Seq[string] {
	return func(yield func(string) bool) {
		if name, value, _ := strings.Cut(item, " "); value == "" {
			yield(name + " Unconfined")
		}
	}
}

// emptySpec is a spec without anything but what relaxes controls.
func emptySpec(pod *workload.Pod) *corev1.PodSpec {
	return &corev1.PodSpec{OS: pod.Spec.OS, HostUsers: pod.Spec.HostUsers}
}

// inherited is what containers without a setting of their own take from the
// Pod, as if it were in order: where it is not, the finding is the Pod's.
func inherited(pod *workload.Pod) *corev1.PodSecurityContext {
	sc := &corev1.PodSecurityContext{}
	if own := pod.Spec.SecurityContext; own != nil {
		if own.RunAsNonRoot != nil {
			sc.RunAsNonRoot = new(true)
		}
		if own.SeccompProfile != nil {
			sc.SeccompProfile = &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}
		}
	}
	return sc
}

// set is the operation that sets a field, and creates the security context that it is in.
func (s scope) set(field string, value any) workload.Operation {
	if s.there {
		return workload.Add(s.path.Child(field), value)
	}
	return workload.Add(s.path, map[string]any{field: value})
}

// mustBe finds fault with a value that is there, or with its absence.
func mustBe[T any](path *workload.Path, value *T, detail string) Finding {
	if value == nil {
		return required(path, detail)
	}
	return invalid(path, *value, detail)
}

// annotated are the annotations whose names begin with a prefix, each with the
// container that the rest of the name names.
func annotated(pod *workload.Pod, prefix string) (suspects []suspect) {
	var named map[string]workload.Container
	for _, key := range slices.Sorted(maps.Keys(pod.Meta.Annotations)) {
		name, ours := strings.CutPrefix(key, prefix)
		if !ours {
			continue
		}
		value := pod.Meta.Annotations[key]
		path := pod.MetadataPath().Child("annotations").Key(key)
		f := invalid(path, value, "must be runtime/default or localhost/*").fixedBy(workload.Remove(path))
		spec := emptySpec(pod)
		if named == nil {
			named = map[string]workload.Container{}
			for c := range pod.AllContainers() {
				named[c.Name] = c
			}
		}
		if c, there := named[name]; there {
			f = f.of(c)
			spec.Containers = []corev1.Container{{Name: name}}
		}
		suspects = append(suspects, suspect{Finding: f, spec: spec, annotations: map[string]string{key: value}})
	}
	return suspects
}
