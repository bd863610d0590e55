package podsecurity

import (
	"iter"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
)

// locators search for what each control forbids. They need not know what a control allows in which
// version, only where it looks.
var locators = map[string]func(*search){
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
		none := &corev1.SecurityContext{}
		for c := range pod.AllContainers() {
			s := scope{SecurityContext: c.SecurityContext, there: true, path: c.Path().Child("securityContext"), pod: pod, container: c}
			if s.SecurityContext == nil {
				s.SecurityContext, s.there = none, false
			}
			if !yield(s) {
				return
			}
		}
	}
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

// set is the operation that sets a field, and creates the security context that it is in.
func (s scope) set(field string, value any) workload.Operation {
	return workload.AddMember(s.path, s.there, field, value)
}

// annotated searches annotations whose names begin with a prefix, each with the container that the
// rest of the name names.
func annotated(in *search, prefix string) {
	var named map[string]workload.Container
	annotations := in.pod.Meta.Annotations
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		name, ours := strings.CutPrefix(key, prefix)
		if !ours {
			continue
		}
		path := in.pod.MetadataPath().Child("annotations").Key(key)
		v := invalid(path, annotations[key], "must be runtime/default or localhost/*").fixedBy(workload.Remove(path))
		spec := in.reduced()
		in.meta.Annotations = map[string]string{key: annotations[key]}
		// A profile that is set nowhere is the fault of no annotation.
		spec.SecurityContext = &corev1.PodSecurityContext{SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault}}
		if named == nil {
			named = map[string]workload.Container{}
			for c := range in.pod.AllContainers() {
				named[c.Name] = c
			}
		}
		if c, there := named[name]; there {
			v = v.of(c)
			in.container().Name = name
		}
		in.ask(v)
	}
}
