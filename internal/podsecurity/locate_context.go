package podsecurity

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
)

func locatePrivileged(in *search) {
	for s := range containerScopes(in.pod) {
		v := forbidden(s.path.Child("privileged"), "must not be true").fixedBy(s.set("privileged", false))
		in.askOf(s, v, corev1.SecurityContext{Privileged: s.Privileged})
	}
}

func locateAllowPrivilegeEscalation(in *search) {
	for s := range containerScopes(in.pod) {
		v := mustBe(s.path.Child("allowPrivilegeEscalation"), s.AllowPrivilegeEscalation, "must be false").spans()
		// The API server refuses false beside what is an escalation in itself.
		if s.Privileged == nil || !*s.Privileged {
			if s.Capabilities == nil || !slices.Contains(s.Capabilities.Add, "CAP_SYS_ADMIN") {
				v = s.fixedOnLinux(v, s.set("allowPrivilegeEscalation", false))
			}
		}
		in.askOf(s, v, corev1.SecurityContext{AllowPrivilegeEscalation: s.AllowPrivilegeEscalation})
	}
}

// fixedOnLinux offers a fix but for Windows, where the API server refuses it.
func (s scope) fixedOnLinux(v Violation, operation workload.Operation) Violation {
	if s.pod.IsWindows() {
		return v
	}
	return v.fixedBy(operation)
}

func locateCapabilities(in *search) {
	all := []corev1.Capability{"ALL"}
	for s := range containerScopes(in.pod) {
		path := s.path.Child("capabilities")
		capabilities, mend := s.Capabilities, workload.Add(path.Child("drop"), all)
		if capabilities == nil {
			capabilities, mend = &corev1.Capabilities{}, s.set("capabilities", map[string]any{"drop": all})
		}
		v := s.fixedOnLinux(required(path.Child("drop"), "must include ALL").spans(dropped(capabilities.Drop)...), mend)
		in.askOf(s, v, corev1.SecurityContext{Capabilities: &corev1.Capabilities{Drop: capabilities.Drop}})
		for i, capability := range capabilities.Add {
			item := path.Child("add").Item(i, string(capability))
			v := invalid(item, string(capability), "must not be added").fixedBy(workload.Remove(item))
			one := &corev1.Capabilities{Add: []corev1.Capability{capability}, Drop: all}
			in.askOf(s, v, corev1.SecurityContext{Capabilities: one})
		}
	}
}

// dropped are the capabilities that a container is without. All is what it must drop, and none of
// those that it does may come back.
func dropped(names []corev1.Capability) (parts []Part) {
	for _, name := range names {
		parts = append(parts, Part{Name: "without " + string(name)})
	}
	return parts
}

func locateProcMount(in *search) {
	for s := range containerScopes(in.pod) {
		if s.ProcMount == nil {
			continue
		}
		v := invalid(s.path.Child("procMount"), string(*s.ProcMount), "must be Default").fixedBy(s.set("procMount", corev1.DefaultProcMount))
		in.askOf(s, v, corev1.SecurityContext{ProcMount: s.ProcMount})
	}
}

func locateRunAsNonRoot(in *search) {
	for s := range scopes(in.pod) {
		v := mustBe(s.path.Child("runAsNonRoot"), s.RunAsNonRoot, "must be true").fixedBy(s.set("runAsNonRoot", true))
		v.Safe = s.RunAsNonRoot == nil && s.runsAsUser()
		v = s.reaches(v, "runAsNonRoot", "", func(sc *corev1.SecurityContext) bool { return sc.RunAsNonRoot != nil })
		in.askOf(s, v, corev1.SecurityContext{RunAsNonRoot: s.RunAsNonRoot})
	}
}

// runsAsUser tells whether no container of the scope runs as root, or as whoever the image says.
func (s scope) runsAsUser() bool {
	isUser := func(c workload.Container) bool {
		user := c.EffectiveRunAsUser()
		return user != nil && *user != 0
	}
	if s.container.Container != nil {
		return isUser(s.container)
	}
	for c := range s.pod.AllContainers() {
		if !isUser(c) {
			return false
		}
	}
	return true
}

func locateRunAsUser(in *search) {
	for s := range scopes(in.pod) {
		path := s.path.Child("runAsUser")
		v := mustBe(path, s.RunAsUser, "must not be 0").fixedBy(workload.Remove(path))
		v = s.reaches(v, "runAsUser", "", func(sc *corev1.SecurityContext) bool { return sc.RunAsUser != nil })
		in.askOf(s, v, corev1.SecurityContext{RunAsUser: s.RunAsUser})
	}
}

func locateSELinuxOptions(in *search) {
	for s := range scopes(in.pod) {
		if s.SELinuxOptions == nil {
			continue
		}
		add := func(field, value, detail string, only corev1.SELinuxOptions) {
			path := s.path.Child("seLinuxOptions", field)
			v := invalid(path, value, detail).fixedBy(workload.Remove(path))
			v = s.reaches(v, "seLinuxOptions."+field, value, func(sc *corev1.SecurityContext) bool { return sc.SELinuxOptions != nil })
			in.askOf(s, v, corev1.SecurityContext{SELinuxOptions: &only})
		}
		o := s.SELinuxOptions
		add("type", o.Type, "must be a type for containers, such as container_t", corev1.SELinuxOptions{Type: o.Type})
		add("user", o.User, "must not be set", corev1.SELinuxOptions{User: o.User})
		add("role", o.Role, "must not be set", corev1.SELinuxOptions{Role: o.Role})
	}
}

const profileDetail = "must be RuntimeDefault or Localhost"

func locateSeccompProfile(in *search) {
	for s := range scopes(in.pod) {
		path := s.path.Child("seccompProfile", "type")
		v, profile := required(path, profileDetail), ""
		if s.SeccompProfile != nil {
			profile = string(s.SeccompProfile.Type)
			v = notSupported(path, profile, profileDetail)
		}
		v = s.reaches(v, "seccompProfile", profile, func(sc *corev1.SecurityContext) bool { return sc.SeccompProfile != nil })
		v = s.fixedOnLinux(v, s.set("seccompProfile", map[string]any{"type": corev1.SeccompProfileTypeRuntimeDefault}))
		in.askOf(s, v, corev1.SecurityContext{SeccompProfile: s.SeccompProfile})
	}
	// Until v1.19 profiles were annotations.
	annotated(in, corev1.SeccompPodAnnotationKey)
	annotated(in, corev1.SeccompContainerAnnotationKeyPrefix)
}

func locateAppArmorProfile(in *search) {
	for s := range scopes(in.pod) {
		if s.AppArmorProfile == nil {
			continue
		}
		v := notSupported(s.path.Child("appArmorProfile", "type"), string(s.AppArmorProfile.Type), profileDetail).
			fixedBy(s.set("appArmorProfile", map[string]any{"type": corev1.AppArmorProfileTypeRuntimeDefault}))
		v = s.reaches(v, "appArmorProfile", string(s.AppArmorProfile.Type), func(sc *corev1.SecurityContext) bool { return sc.AppArmorProfile != nil })
		in.askOf(s, v, corev1.SecurityContext{AppArmorProfile: s.AppArmorProfile})
	}
	annotated(in, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix)
}

func locateHostProcess(in *search) {
	for s := range scopes(in.pod) {
		if s.WindowsOptions == nil {
			continue
		}
		path := s.path.Child("windowsOptions", "hostProcess")
		v := forbidden(path, "must not be true").fixedBy(workload.Add(path, false))
		v = s.reaches(v, "hostProcess", "", func(sc *corev1.SecurityContext) bool {
			return sc.WindowsOptions != nil && sc.WindowsOptions.HostProcess != nil
		})
		only := &corev1.WindowsSecurityContextOptions{HostProcess: s.WindowsOptions.HostProcess}
		in.askOf(s, v, corev1.SecurityContext{WindowsOptions: only})
	}
}
