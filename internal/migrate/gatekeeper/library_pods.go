package gatekeeper

import (
	"slices"
	"strconv"
	"strings"
)

func number(value any) any {
	switch v := value.(type) {
	case nil:
		return 1
	case string:
		if n, err := strconv.ParseFloat(v, 64); err == nil {
			return n
		}
	}
	return value
}

func (t *translation) privilegeEscalation() {
	t.control("restricted", "allowPrivilegeEscalation")
	t.Differ("Pods of Windows are spared, as in the Pod Security Standards.")
}

func (t *translation) hostNetworking() {
	p := &t.parameters
	exempt := p.ExemptImages
	if !p.HostNetwork {
		p.ExemptImages = nil // it is about the Pod, whatever its containers are
		t.check("allowed-host-namespaces", list("allowed", []string{"hostIPC", "hostPID"}))
		p.ExemptImages = exempt
	}
	ranges := []map[string]any{}
	if p.Max != nil && *p.Max > 0 {
		least := int64(0)
		if p.Min != nil {
			least = *p.Min
		}
		ranges = append(ranges, map[string]any{"min": max(least, 1), "max": *p.Max})
	}
	t.check("allowed-host-ports", map[string]any{"ranges": ranges})
}

func (t *translation) hostFilesystem() {
	paths := []map[string]any{}
	for _, p := range t.parameters.AllowedHostPaths {
		one := map[string]any{"prefix": p.PathPrefix}
		if p.ReadOnly {
			one["readOnly"] = true
		}
		paths = append(paths, one)
	}
	t.check("host-path-allowed", map[string]any{"paths": paths})
}

func (t *translation) flexVolumes() {
	drivers := []string{}
	for _, v := range t.parameters.AllowedFlexVolumes {
		drivers = append(drivers, v.Driver)
	}
	if len(drivers) == 0 {
		t.rule(t.of.Name, "", "pods", "!object.spec.?volumes.orValue([]).exists(v, has(v.flexVolume))", "must not have flexVolumes")
		t.part.Rules[len(t.part.Rules)-1].PodTemplates = true
		return
	}
	t.check("volume-types", map[string]any{"allowed": []string{"*"}, "flexVolumeDrivers": drivers})
}

func (t *translation) capabilities() {
	p := &t.parameters
	allowed := append([]string{}, p.AllowedCapabilities...)
	if !slices.Contains(allowed, "*") {
		t.check("allowed-capabilities", list("capabilities", allowed))
	}
	if len(p.RequiredDropCapabilities) > 0 {
		t.check("required-drop-capabilities", list("capabilities", p.RequiredDropCapabilities))
	}
	if len(t.part.Validators) == 0 {
		t.Leave("it allows all capabilities and requires none to be dropped", "drop it")
	}
}

// allowedUsers are ranges of identities, each with a rule. RunAsAny is none.
func (t *translation) allowedUsers() {
	params, rules := map[string]any{}, map[string]any{}
	for _, one := range []struct {
		name string
		s    *strategy
	}{
		{"users", t.parameters.RunAsUser},
		{"groups", t.parameters.RunAsGroup},
		{"fsGroups", t.parameters.FSGroup},
		{"supplementalGroups", t.parameters.SupplementalGroups},
	} {
		if one.s == nil || one.s.Rule == "RunAsAny" || one.s.Rule == "" {
			continue
		}
		rules[one.name] = one.s.Rule
		if one.s.Rule == "MustRunAsNonRoot" {
			t.Differ("A user above 0 passes as runAsNonRoot does, whether the image's user is known or not.")
			continue
		}
		ranges := []map[string]any{}
		for _, r := range one.s.Ranges {
			ranges = append(ranges, bounds(r.Min, r.Max))
		}
		params[one.name] = ranges
	}
	if len(rules) == 0 {
		t.Leave("it lets everybody run as anybody (RunAsAny)", "drop it")
		return
	}
	params["rules"] = rules
	t.check("allowed-users", params)
}

// fsGroup has its rule and ranges at the top.
func (t *translation) fsGroup() {
	s := &strategy{Rule: t.parameters.Rule}
	for _, r := range t.parameters.Ranges {
		s.Ranges = append(s.Ranges, r.idRange)
	}
	t.parameters.FSGroup = s
	t.allowedUsers()
}

func (t *translation) procMount() {
	switch t.parameters.ProcMount {
	case "", "Default", "default":
		t.control("baseline", "procMount")
	default:
		t.Leave("it allows every procMount", "drop it")
	}
}

// profile is a profile of seccomp or AppArmor as it is called now.
func profile(name string) string {
	kind, file, _ := strings.Cut(name, "/")
	switch strings.ToLower(kind) {
	case "runtime", "docker", "runtimedefault":
		return "RuntimeDefault"
	case "unconfined":
		return "Unconfined"
	case "localhost":
		if file == "" {
			file = "*"
		}
		return "Localhost/" + file
	}
	return name
}

func (t *translation) appArmor() {
	allowed := []string{}
	for _, name := range t.parameters.AllowedProfiles {
		allowed = append(allowed, profile(name))
	}
	if !slices.Contains(allowed, "RuntimeDefault") {
		t.Differ("A container without a profile passes; there it counts as runtime/default.")
	}
	t.check("allowed-app-armor-profiles", list("allowed", allowed))
}

func (t *translation) seccomp() {
	allowed := []string{}
	files := t.parameters.AllowedLocalhostFiles
	for _, name := range t.parameters.AllowedProfiles {
		switch {
		case name == "*":
			allowed = append(allowed, "RuntimeDefault", "Unconfined", "Localhost/*")
		case strings.EqualFold(name, "localhost") || name == "localhost/*":
			if len(files) == 0 {
				files = []string{"*"}
			}
			for _, file := range files {
				allowed = append(allowed, "Localhost/"+file)
			}
		default:
			allowed = append(allowed, profile(name))
		}
	}
	t.check("allowed-seccomp-profiles", list("allowed", allowed))
}

func (t *translation) seLinux() {
	options := t.parameters.AllowedSELinuxOptions
	if options == nil {
		options = []map[string]any{}
	}
	t.check("allowed-selinux-options", map[string]any{"allowed": options})
}

func (t *translation) sysctls() {
	allowed := t.parameters.AllowedSysctls
	if !t.parameters.has("allowedSysctls") {
		allowed = []string{"*"}
	}
	params := list("allowed", allowed)
	if len(t.parameters.ForbiddenSysctls) > 0 {
		params["forbidden"] = t.parameters.ForbiddenSysctls
	}
	t.check("allowed-sysctls", params)
}
