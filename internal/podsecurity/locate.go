package podsecurity

import (
	"iter"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// suspect is a place that a control may forbid: what to say if it does, and the Pod reduced to that
// place, to ask.
type suspect struct {
	Violation
	spec        *corev1.PodSpec
	annotations map[string]string
}

// locators find the suspects of each control. They need not know what a control allows in which
// version, only where it looks.
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

// suspect is a violation, if the control finds one when the scope has but these settings.
func (s scope) suspect(v Violation, only corev1.SecurityContext) suspect {
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
		return suspect{Violation: v, spec: spec}
	}
	spec.SecurityContext = inherited(s.pod)
	spec.Containers = []corev1.Container{{SecurityContext: &only}}
	return suspect{Violation: v.of(s.container), spec: spec}
}

// reaches says whom a setting of the scope holds for: the container or, for one of the Pod, all that
// have none of their own. So a setting may move between the two, and one more container that takes it
// is more. What is unset is less than Unconfined.
func (s scope) reaches(v Violation, setting, value string, own func(*corev1.SecurityContext) bool) Violation {
	v.Extent = &Extent{About: s.pod.SpecPath().Child("securityContext", setting), Parts: func() []Part {
		if s.container.Container != nil {
			return []Part{{Name: setting, Items: []string{s.container.Name + " " + value}, In: unconfined}}
		}
		whom := []string{" " + value}
		for c := range s.pod.AllContainers() {
			if c.SecurityContext == nil || !own(c.SecurityContext) {
				whom = append(whom, c.Name+" "+value)
			}
		}
		return []Part{{Name: setting, Items: whom, In: unconfined}}
	}}
	return v
}

// unconfined yields what an item without a value lies in.
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

// inherited is what containers without a setting of their own take from the Pod, as if it were in
// order: where it is not, the violation is the Pod's.
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
	return workload.AddMember(s.path, s.there, field, value)
}

// annotated are the annotations whose names begin with a prefix, each with the container that the
// rest of the name names.
func annotated(pod *workload.Pod, prefix string) (suspects []suspect) {
	var named map[string]workload.Container
	for _, key := range slices.Sorted(maps.Keys(pod.Meta.Annotations)) {
		name, ours := strings.CutPrefix(key, prefix)
		if !ours {
			continue
		}
		value := pod.Meta.Annotations[key]
		path := pod.MetadataPath().Child("annotations").Key(key)
		v := invalid(path, value, "must be runtime/default or localhost/*").fixedBy(workload.Remove(path))
		spec := emptySpec(pod)
		// A profile that is set nowhere is the fault of no annotation.
		spec.SecurityContext = &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}}
		if named == nil {
			named = map[string]workload.Container{}
			for c := range pod.AllContainers() {
				named[c.Name] = c
			}
		}
		if c, there := named[name]; there {
			v = v.of(c)
			spec.Containers = []corev1.Container{{Name: name}}
		}
		suspects = append(suspects, suspect{Violation: v, spec: spec, annotations: map[string]string{key: value}})
	}
	return suspects
}
