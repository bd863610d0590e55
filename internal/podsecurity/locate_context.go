package podsecurity

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"taffrail.dev/taffrail/internal/workload"
)

func locatePrivileged(pod *workload.Pod) (suspects []suspect) {
	for s := range containerScopes(pod) {
		v := forbidden(s.path.Child("privileged"), "must not be true").fixedBy(s.set("privileged", false))
		suspects = append(suspects, s.suspect(v, corev1.SecurityContext{Privileged: s.Privileged}))
	}
	return suspects
}

func locateAllowPrivilegeEscalation(pod *workload.Pod) (suspects []suspect) {
	for s := range containerScopes(pod) {
		v := mustBe(s.path.Child("allowPrivilegeEscalation"), s.AllowPrivilegeEscalation, "must be false").spans()
		// The API server refuses false beside what is an escalation in itself.
		if s.Privileged == nil || !*s.Privileged {
			if s.Capabilities == nil || !slices.Contains(s.Capabilities.Add, "CAP_SYS_ADMIN") {
				v = s.fixedOnLinux(v, s.set("allowPrivilegeEscalation", false))
			}
		}
		suspects = append(suspects, s.suspect(v, corev1.SecurityContext{AllowPrivilegeEscalation: s.AllowPrivilegeEscalation}))
	}
	return suspects
}

// fixedOnLinux offers a fix but for Windows, where the API server refuses it.
func (s scope) fixedOnLinux(v Violation, operation workload.Operation) Violation {
	if s.pod.IsWindows() {
		return v
	}
	return v.fixedBy(operation)
}

func locateCapabilities(pod *workload.Pod) (suspects []suspect) {
	all := []corev1.Capability{"ALL"}
	for s := range containerScopes(pod) {
		path := s.path.Child("capabilities")
		capabilities, mend := s.Capabilities, workload.Add(path.Child("drop"), all)
		if capabilities == nil {
			capabilities, mend = &corev1.Capabilities{}, s.set("capabilities", map[string]any{"drop": all})
		}
		v := s.fixedOnLinux(required(path.Child("drop"), "must include ALL").spans(dropped(capabilities.Drop)...), mend)
		suspects = append(suspects, s.suspect(v, corev1.SecurityContext{Capabilities: &corev1.Capabilities{Drop: capabilities.Drop}}))
		for i, capability := range capabilities.Add {
			item := path.Child("add").Item(i, string(capability))
			v := invalid(item, string(capability), "must not be added").fixedBy(workload.Remove(item))
			one := &corev1.Capabilities{Add: []corev1.Capability{capability}, Drop: all}
			suspects = append(suspects, s.suspect(v, corev1.SecurityContext{Capabilities: one}))
		}
	}
	return suspects
}

// dropped are the capabilities that a container is without. All is what it must drop, and none of
// those that it does may come back.
func dropped(names []corev1.Capability) (parts []Part) {
	for _, name := range names {
		parts = append(parts, Part{Name: "without " + string(name)})
	}
	return parts
}

func locateProcMount(pod *workload.Pod) (suspects []suspect) {
	for s := range containerScopes(pod) {
		if s.ProcMount == nil {
			continue
		}
		v := invalid(s.path.Child("procMount"), string(*s.ProcMount), "must be Default").fixedBy(s.set("procMount", corev1.DefaultProcMount))
		suspects = append(suspects, s.suspect(v, corev1.SecurityContext{ProcMount: s.ProcMount}))
	}
	return suspects
}

func locateRunAsNonRoot(pod *workload.Pod) (suspects []suspect) {
	for s := range scopes(pod) {
		v := mustBe(s.path.Child("runAsNonRoot"), s.RunAsNonRoot, "must be true").fixedBy(s.set("runAsNonRoot", true))
		v.Safe = s.RunAsNonRoot == nil && s.runsAsUser()
		v = s.reaches(v, "runAsNonRoot", "", func(sc *corev1.SecurityContext) bool { return sc.RunAsNonRoot != nil })
		suspects = append(suspects, s.suspect(v, corev1.SecurityContext{RunAsNonRoot: s.RunAsNonRoot}))
	}
	return suspects
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

func locateRunAsUser(pod *workload.Pod) (suspects []suspect) {
	for s := range scopes(pod) {
		path := s.path.Child("runAsUser")
		v := mustBe(path, s.RunAsUser, "must not be 0").fixedBy(workload.Remove(path))
		v = s.reaches(v, "runAsUser", "", func(sc *corev1.SecurityContext) bool { return sc.RunAsUser != nil })
		suspects = append(suspects, s.suspect(v, corev1.SecurityContext{RunAsUser: s.RunAsUser}))
	}
	return suspects
}

func locateSELinuxOptions(pod *workload.Pod) (suspects []suspect) {
	for s := range scopes(pod) {
		if s.SELinuxOptions == nil {
			continue
		}
		add := func(field, value, detail string, only corev1.SELinuxOptions) {
			path := s.path.Child("seLinuxOptions", field)
			v := invalid(path, value, detail).fixedBy(workload.Remove(path))
			v = s.reaches(v, "seLinuxOptions."+field, value, func(sc *corev1.SecurityContext) bool { return sc.SELinuxOptions != nil })
			suspects = append(suspects, s.suspect(v, corev1.SecurityContext{SELinuxOptions: &only}))
		}
		o := s.SELinuxOptions
		add("type", o.Type, "must be a type for containers, such as container_t", corev1.SELinuxOptions{Type: o.Type})
		add("user", o.User, "must not be set", corev1.SELinuxOptions{User: o.User})
		add("role", o.Role, "must not be set", corev1.SELinuxOptions{Role: o.Role})
	}
	return suspects
}

const profileDetail = "must be RuntimeDefault or Localhost"

func locateSeccompProfile(pod *workload.Pod) (suspects []suspect) {
	for s := range scopes(pod) {
		path := s.path.Child("seccompProfile", "type")
		v, profile := required(path, profileDetail), ""
		if s.SeccompProfile != nil {
			profile = string(s.SeccompProfile.Type)
			v = notSupported(path, profile, profileDetail)
		}
		v = s.reaches(v, "seccompProfile", profile, func(sc *corev1.SecurityContext) bool { return sc.SeccompProfile != nil })
		v = s.fixedOnLinux(v, s.set("seccompProfile", map[string]any{"type": corev1.SeccompProfileTypeRuntimeDefault}))
		suspects = append(suspects, s.suspect(v, corev1.SecurityContext{SeccompProfile: s.SeccompProfile}))
	}
	// Until v1.19 profiles were annotations.
	suspects = append(suspects, annotated(pod, corev1.SeccompPodAnnotationKey)...)
	return append(suspects, annotated(pod, corev1.SeccompContainerAnnotationKeyPrefix)...)
}

func locateAppArmorProfile(pod *workload.Pod) (suspects []suspect) {
	for s := range scopes(pod) {
		if s.AppArmorProfile == nil {
			continue
		}
		v := notSupported(s.path.Child("appArmorProfile", "type"), string(s.AppArmorProfile.Type), profileDetail).
			fixedBy(s.set("appArmorProfile", map[string]any{"type": corev1.AppArmorProfileTypeRuntimeDefault}))
		v = s.reaches(v, "appArmorProfile", string(s.AppArmorProfile.Type), func(sc *corev1.SecurityContext) bool { return sc.AppArmorProfile != nil })
		suspects = append(suspects, s.suspect(v, corev1.SecurityContext{AppArmorProfile: s.AppArmorProfile}))
	}
	return append(suspects, annotated(pod, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix)...)
}

func locateHostProcess(pod *workload.Pod) (suspects []suspect) {
	for s := range scopes(pod) {
		if s.WindowsOptions == nil {
			continue
		}
		path := s.path.Child("windowsOptions", "hostProcess")
		v := forbidden(path, "must not be true").fixedBy(workload.Add(path, false))
		v = s.reaches(v, "hostProcess", "", func(sc *corev1.SecurityContext) bool {
			return sc.WindowsOptions != nil && sc.WindowsOptions.HostProcess != nil
		})
		only := &corev1.WindowsSecurityContextOptions{HostProcess: s.WindowsOptions.HostProcess}
		suspects = append(suspects, s.suspect(v, corev1.SecurityContext{WindowsOptions: only}))
	}
	return suspects
}
