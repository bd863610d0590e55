package kyverno

import (
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/migrate/policy"
)

// controls are those of pod-security by the titles of the standards, those of restricted behind the
// others.
var controls = map[string][2][]string{
	"HostProcess":              {{"windowsHostProcess"}},
	"Host Namespaces":          {{"hostNamespaces"}},
	"Privileged Containers":    {{"privileged"}},
	"Capabilities":             {{"capabilities_baseline"}, {"capabilities_restricted"}},
	"HostPath Volumes":         {{"hostPathVolumes"}},
	"Host Ports":               {{"hostPorts"}},
	"AppArmor":                 {{"appArmorProfile"}},
	"SELinux":                  {{"seLinuxOptions"}},
	"/proc Mount Type":         {{"procMount"}, {"procMount_restricted"}},
	"Seccomp":                  {{"seccompProfile_baseline"}, {"seccompProfile_restricted"}},
	"Sysctls":                  {{"sysctls"}},
	"Volume Types":             {nil, {"restrictedVolumes"}},
	"Privilege Escalation":     {nil, {"allowPrivilegeEscalation"}},
	"Running as Non-root":      {nil, {"runAsNonRoot"}},
	"Running as Non-root user": {nil, {"runAsUser"}},
}

// podSecurity is the check pod-security. A control that is excluded for some images is evaluated by a
// Guardrail of its own.
func (t *translation) podSecurity(p *podSecurity) {
	if t.rule.Preconditions != nil || len(t.rule.CELPreconditions) > 0 || len(t.rule.Context) > 0 {
		t.Leave("podSecurity with preconditions is not translated", "put the condition into match.matchConditions")
		return
	}
	params := map[string]any{"level": p.Level}
	if p.Version != "" {
		params["version"] = p.Version
	}
	var excluded []string
	var apart []v1alpha1.Validator
	for _, e := range p.Exclude {
		names, known := controls[e.ControlName]
		if !known {
			t.Leave("the control "+e.ControlName+" is not known here", byHand)
			return
		}
		all := names[0]
		if p.Level == "restricted" {
			all = append(slices.Clone(all), names[1]...)
		}
		excluded = append(excluded, all...)
		if e.RestrictedField != "" {
			t.Leave("it excludes some values of a field ("+e.RestrictedField+")", "exclude the control, and use the check with a list: allowed-capabilities, allowed-host-ports, allowed-seccomp-profiles and their like")
			return
		}
		if len(e.Images) > 0 && !slices.Contains(e.Images, "*") {
			check := policy.Check("pod-security", map[string]any{"level": p.Level, "controls": all})
			if p.Version != "" {
				check = policy.Check("pod-security", map[string]any{"level": p.Level, "controls": all, "version": p.Version})
			}
			check.Except = &v1alpha1.Except{Images: e.Images}
			apart = append(apart, check)
			t.Differ("Images are parsed here: nginx is docker.io/library/nginx.")
		}
	}
	slices.Sort(excluded)
	if excluded = slices.Compact(excluded); len(excluded) > 0 {
		params["exclude"] = excluded
	}
	if strings.Contains(strings.Join(excluded, " "), "restrictedVolumes") && !slices.Contains(excluded, "hostPathVolumes") {
		// Upstream's restrictedVolumes stands for hostPathVolumes as well.
		t.parts(policy.Part{Validators: []v1alpha1.Validator{policy.Controls("baseline", "hostPathVolumes")}})
	}
	t.checks(policy.Check("pod-security", params))
	for _, check := range apart {
		t.parts(policy.Part{Validators: []v1alpha1.Validator{check}})
	}
}

// checks are checks of the catalogue for what the rule matches.
func (t *translation) checks(all ...v1alpha1.Validator) {
	if message := t.message(); message != "" && len(message) <= 256 {
		for i := range all {
			all[i].Message = message
		}
	}
	if t.pods && !t.matcher.templates {
		t.Differ("Templates are evaluated, too.")
	}
	t.parts(policy.Part{Validators: all})
}
