package psp

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// Reads tells whether an object is a PodSecurityPolicy.
func Reads(o *policy.Object) bool { return o.Kind == "PodSecurityPolicy" && o.Group() == "policy" }

type spec struct {
	Privileged                      bool             `json:"privileged"`
	HostPID                         bool             `json:"hostPID"`
	HostIPC                         bool             `json:"hostIPC"`
	HostNetwork                     bool             `json:"hostNetwork"`
	HostPorts                       []idRange        `json:"hostPorts"`
	Volumes                         []string         `json:"volumes"`
	AllowedHostPaths                []hostPath       `json:"allowedHostPaths"`
	AllowedFlexVolumes              []driver         `json:"allowedFlexVolumes"`
	AllowedCSIDrivers               []map[string]any `json:"allowedCSIDrivers"`
	AllowedCapabilities             []string         `json:"allowedCapabilities"`
	DefaultAddCapabilities          []string         `json:"defaultAddCapabilities"`
	RequiredDropCapabilities        []string         `json:"requiredDropCapabilities"`
	ReadOnlyRootFilesystem          bool             `json:"readOnlyRootFilesystem"`
	AllowPrivilegeEscalation        *bool            `json:"allowPrivilegeEscalation"`
	DefaultAllowPrivilegeEscalation *bool            `json:"defaultAllowPrivilegeEscalation"`
	RunAsUser                       strategy         `json:"runAsUser"`
	RunAsGroup                      *strategy        `json:"runAsGroup"`
	SupplementalGroups              strategy         `json:"supplementalGroups"`
	FSGroup                         strategy         `json:"fsGroup"`
	SELinux                         struct {
		Rule           string         `json:"rule"`
		SELinuxOptions map[string]any `json:"seLinuxOptions"`
	} `json:"seLinux"`
	AllowedProcMountTypes []string `json:"allowedProcMountTypes"`
	AllowedUnsafeSysctls  []string `json:"allowedUnsafeSysctls"`
	ForbiddenSysctls      []string `json:"forbiddenSysctls"`
	RuntimeClass          *struct {
		AllowedRuntimeClassNames []string `json:"allowedRuntimeClassNames"`
		DefaultRuntimeClassName  string   `json:"defaultRuntimeClassName"`
	} `json:"runtimeClass"`
}

type idRange struct {
	Min int64 `json:"min"`
	Max int64 `json:"max"`
}

type hostPath struct {
	PathPrefix string `json:"pathPrefix"`
	ReadOnly   bool   `json:"readOnly"`
}

type driver struct {
	Driver string `json:"driver"`
}

type strategy struct {
	Rule   string    `json:"rule"`
	Ranges []idRange `json:"ranges"`
}

const byRights = "It holds for all namespaces: which PodSecurityPolicy held for a Pod was decided by RBAC. Narrow the Guardrail's match."

// translation collects a rule for each field that asks for something.
type translation struct {
	of    *policy.Object
	rules []policy.Rule
}

// Of makes checks of the fields of a PodSecurityPolicy, and defaults of what it filled in.
func Of(o *policy.Object, _ *policy.Inputs) []policy.Rule {
	var s spec
	unknown, err := policy.Decode(o.Content["spec"], &s)
	t := &translation{of: o}
	if err != nil {
		t.left("spec", "its fields cannot be read: "+err.Error(), "mend it")
		return t.rules
	}
	for _, field := range unknown {
		t.left(field, "the field is not known here", "write a rule in CEL")
	}
	s.hosts(t)
	s.volumes(t)
	s.capabilities(t)
	s.identities(t)
	s.rest(t)
	t.profiles(o.Annotations())
	if len(t.rules) == 0 {
		t.left("spec", "it allows everything", "drop it")
	}
	return t.rules
}

func (t *translation) left(name, why, instead string) {
	r := policy.Rule{Name: name}
	r.Leave(why, instead)
	t.rules = append(t.rules, r)
}

func (t *translation) add(name string, p policy.Part) {
	p.WithAction(v1alpha1.Deny)
	r := policy.Rule{Name: name, Parts: []policy.Part{p}}
	r.Differ(byRights)
	t.rules = append(t.rules, r)
}

func (t *translation) check(name, check string, params map[string]any) {
	t.add(name, policy.Part{Validators: []v1alpha1.Validator{policy.Check(check, params)}})
}

// required is a check, and a default that fills in what it requires, as the policy did.
func (t *translation) required(name, check string, params, security map[string]any) {
	all := map[string]any{"seccompProfile": "", "allowPrivilegeEscalation": nil}
	maps.Copy(all, security)
	t.add(name, policy.Part{
		Validators: []v1alpha1.Validator{policy.Check(check, params)},
		Mutators:   []v1alpha1.Mutator{policy.Default("default-security-context", all)},
	})
}

func (s *spec) hosts(t *translation) {
	if !s.Privileged {
		t.add("privileged", policy.Part{Validators: []v1alpha1.Validator{policy.Controls("baseline", "privileged")}})
	}
	allowed := []string{}
	for name, is := range map[string]bool{"hostPID": s.HostPID, "hostIPC": s.HostIPC, "hostNetwork": s.HostNetwork} {
		if is {
			allowed = append(allowed, name)
		}
	}
	if slices.Sort(allowed); len(allowed) < 3 {
		t.check("hostNamespaces", "allowed-host-namespaces", map[string]any{"allowed": allowed})
	}
	t.check("hostPorts", "allowed-host-ports", map[string]any{"ranges": ranges(s.HostPorts, 1)})
}

func ranges(in []idRange, least int64) []map[string]any {
	out := []map[string]any{}
	for _, r := range in {
		out = append(out, map[string]any{"min": max(r.Min, least), "max": r.Max})
	}
	return out
}

func (s *spec) volumes(t *translation) {
	if !slices.Contains(s.Volumes, "*") {
		params := map[string]any{"allowed": append([]string{}, s.Volumes...)}
		if drivers := s.drivers(); len(drivers) > 0 && slices.Contains(s.Volumes, "flexVolume") {
			params["flexVolumeDrivers"] = drivers
		}
		t.check("volumes", "volume-types", params)
	} else if drivers := s.drivers(); len(drivers) > 0 {
		t.check("allowedFlexVolumes", "volume-types", map[string]any{"allowed": []string{"*"}, "flexVolumeDrivers": drivers})
	}
	if len(s.AllowedHostPaths) > 0 {
		paths := []map[string]any{}
		for _, p := range s.AllowedHostPaths {
			paths = append(paths, map[string]any{"prefix": p.PathPrefix, "readOnly": p.ReadOnly})
		}
		t.check("allowedHostPaths", "host-path-allowed", map[string]any{"paths": paths})
	}
	if len(s.AllowedCSIDrivers) > 0 {
		t.left("allowedCSIDrivers", "no check lists drivers of CSI volumes", "write a rule in CEL over object.spec.volumes")
	}
}

func (s *spec) drivers() (all []string) {
	for _, v := range s.AllowedFlexVolumes {
		all = append(all, v.Driver)
	}
	return all
}

func (s *spec) capabilities(t *translation) {
	if !slices.Contains(s.AllowedCapabilities, "*") {
		allowed := append([]string{}, s.AllowedCapabilities...)
		t.check("allowedCapabilities", "allowed-capabilities", map[string]any{"capabilities": append(allowed, s.DefaultAddCapabilities...)})
	}
	if len(s.DefaultAddCapabilities) > 0 {
		t.left("defaultAddCapabilities", "no default adds capabilities", "add them where they are needed; they are allowed")
	}
	if drop := s.RequiredDropCapabilities; len(drop) > 0 {
		t.required("requiredDropCapabilities", "required-drop-capabilities", map[string]any{"capabilities": drop}, map[string]any{"dropCapabilities": drop})
	}
	if s.AllowPrivilegeEscalation != nil && !*s.AllowPrivilegeEscalation {
		t.add("allowPrivilegeEscalation", policy.Part{
			Validators: []v1alpha1.Validator{policy.Controls("restricted", "allowPrivilegeEscalation")},
			Mutators:   []v1alpha1.Mutator{policy.Default("default-security-context", map[string]any{"seccompProfile": "", "allowPrivilegeEscalation": false})},
		})
	} else if d := s.DefaultAllowPrivilegeEscalation; d != nil && !*d {
		t.add("defaultAllowPrivilegeEscalation", policy.Part{
			Mutators: []v1alpha1.Mutator{policy.Default("default-security-context", map[string]any{"seccompProfile": "", "allowPrivilegeEscalation": false})},
		})
	}
	if s.ReadOnlyRootFilesystem {
		t.required("readOnlyRootFilesystem", "read-only-root-filesystem", nil, map[string]any{"readOnlyRootFilesystem": true})
	}
}

// identities are ranges with their rules. RunAsAny asks for nothing.
func (s *spec) identities(t *translation) {
	group := strategy{}
	if s.RunAsGroup != nil {
		group = *s.RunAsGroup
	}
	for _, one := range []struct {
		field, param string
		strategy
	}{
		{"runAsUser", "users", s.RunAsUser},
		{"runAsGroup", "groups", group},
		{"supplementalGroups", "supplementalGroups", s.SupplementalGroups},
		{"fsGroup", "fsGroups", s.FSGroup},
	} {
		if one.Rule == "" || one.Rule == "RunAsAny" {
			continue
		}
		params := map[string]any{"rules": map[string]any{one.param: one.Rule}}
		if one.Rule != "MustRunAsNonRoot" {
			params[one.param] = ranges(one.Ranges, 0)
		}
		t.check(one.field, "allowed-users", params)
		if one.Rule == "MustRunAs" {
			t.rules[len(t.rules)-1].Differ("What is not set is refused, not filled in: use default-security-context for that.")
		}
	}
}

func (s *spec) rest(t *translation) {
	if s.SELinux.Rule == "MustRunAs" {
		t.check("seLinux", "allowed-selinux-options", map[string]any{"allowed": []any{s.SELinux.SELinuxOptions}})
	}
	if len(s.AllowedProcMountTypes) == 0 || !slices.Contains(s.AllowedProcMountTypes, "Unmasked") {
		t.add("allowedProcMountTypes", policy.Part{Validators: []v1alpha1.Validator{policy.Controls("baseline", "procMount")}})
	}
	switch {
	case len(s.AllowedUnsafeSysctls)+len(s.ForbiddenSysctls) == 0:
		t.add("sysctls", policy.Part{Validators: []v1alpha1.Validator{policy.Controls("baseline", "sysctls")}})
	default:
		safe := strings.Fields(`kernel.shm_rmid_forced net.ipv4.ip_local_port_range net.ipv4.ip_unprivileged_port_start
			net.ipv4.tcp_syncookies net.ipv4.ping_group_range`)
		params := map[string]any{"allowed": append(safe, s.AllowedUnsafeSysctls...)}
		if len(s.ForbiddenSysctls) > 0 {
			params["forbidden"] = s.ForbiddenSysctls
		}
		t.check("sysctls", "allowed-sysctls", params)
	}
	if c := s.RuntimeClass; c != nil {
		part := policy.Part{}
		if !slices.Contains(c.AllowedRuntimeClassNames, "*") {
			part.Validators = append(part.Validators, policy.Check("runtime-class", map[string]any{"allowed": append([]string{}, c.AllowedRuntimeClassNames...)}))
		}
		if c.DefaultRuntimeClassName != "" {
			part.Mutators = append(part.Mutators, policy.Default("default-runtime-class", map[string]any{"runtimeClassName": c.DefaultRuntimeClassName}))
		}
		if len(part.Validators)+len(part.Mutators) > 0 {
			t.add("runtimeClass", part)
		}
	}
}

// profiles are those of seccomp and AppArmor, which stood in annotations.
func (t *translation) profiles(annotations map[string]string) {
	const seccomp, appArmor = "seccomp.security.alpha.kubernetes.io/", "apparmor.security.beta.kubernetes.io/"
	if names, given := annotations[seccomp+"allowedProfileNames"]; given && names != "*" {
		allowed, unset := profiles(names)
		t.check("allowed seccomp profiles", "allowed-seccomp-profiles", map[string]any{"allowed": allowed, "required": !unset})
	}
	if name := annotations[seccomp+"defaultProfileName"]; name != "" {
		if profile(name) != "RuntimeDefault" {
			t.left("default seccomp profile", fmt.Sprintf("no default sets %s", name), "set it where it is needed")
		} else {
			t.add("default seccomp profile", policy.Part{Mutators: []v1alpha1.Mutator{policy.Default("default-security-context", map[string]any{"seccompProfile": "RuntimeDefault", "allowPrivilegeEscalation": nil})}})
		}
	}
	if names, given := annotations[appArmor+"allowedProfileNames"]; given && names != "*" {
		allowed, _ := profiles(names)
		t.check("allowed AppArmor profiles", "allowed-app-armor-profiles", map[string]any{"allowed": allowed})
	}
	if name := annotations[appArmor+"defaultProfileName"]; name != "" && profile(name) != "RuntimeDefault" {
		t.left("default AppArmor profile", fmt.Sprintf("no default sets %s", name), "set it where it is needed")
	}
}

// profiles are those of a list, and whether none at all is allowed too: that is an empty item.
func profiles(names string) (allowed []string, unset bool) {
	for name := range strings.SplitSeq(names, ",") {
		if name = strings.TrimSpace(name); name == "" {
			unset = true
			continue
		}
		if p := profile(name); !slices.Contains(allowed, p) {
			allowed = append(allowed, p)
		}
	}
	return allowed, unset
}

func profile(name string) string {
	kind, file, _ := strings.Cut(name, "/")
	switch kind {
	case "runtime", "docker":
		return "RuntimeDefault"
	case "unconfined":
		return "Unconfined"
	case "localhost":
		return "Localhost/" + file
	}
	return name
}
