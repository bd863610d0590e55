package gatekeeper

import (
	"fmt"
	"slices"
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/migrate/policy"
	"taffrail.dev/taffrail/validators"
)

// parameters are those of all templates of the library: no name means two things.
type parameters struct {
	given map[string]any

	ExemptImages  []string `json:"exemptImages"`
	Repos         []string `json:"repos"`
	AllowedImages []string `json:"allowedImages"`
	Tags          []string `json:"tags"`

	CPU              any      `json:"cpu"`
	Memory           any      `json:"memory"`
	Ratio            any      `json:"ratio"`
	CPURatio         any      `json:"cpuRatio"`
	Limits           []string `json:"limits"`
	Requests         []string `json:"requests"`
	EphemeralStorage any      `json:"ephemeral-storage"`

	AllowedIPs []string `json:"allowedIPs"`
	Volumes    []string `json:"volumes"`
	Probes     []string `json:"probes"`
	ProbeTypes []string `json:"probeTypes"`

	Ranges                []replicaRange `json:"ranges"`
	MinimumReplicaSpread  *int64         `json:"minimumReplicaSpread"`
	EnforceScaleTargetRef bool           `json:"enforceScaleTargetRef"`

	Message     string     `json:"message"`
	Labels      []required `json:"labels"`
	Annotations []required `json:"annotations"`

	AllowedStorageClasses          []string `json:"allowedStorageClasses"`
	IncludeStorageClassesInMessage bool     `json:"includeStorageClassesInMessage"`
	TLSOptional                    bool     `json:"tlsOptional"`
	DisallowAuthenticated          bool     `json:"disallowAuthenticated"`
	AllowedRoles                   []string `json:"allowedRoles"`
	KVS                            []any    `json:"kvs"`
	K8sVersion                     any      `json:"k8sVersion"`

	HostNetwork      bool   `json:"hostNetwork"`
	Min              *int64 `json:"min"`
	Max              *int64 `json:"max"`
	AllowedHostPaths []struct {
		PathPrefix string `json:"pathPrefix"`
		ReadOnly   bool   `json:"readOnly"`
	} `json:"allowedHostPaths"`
	AllowedCapabilities      []string         `json:"allowedCapabilities"`
	RequiredDropCapabilities []string         `json:"requiredDropCapabilities"`
	RunAsUser                *strategy        `json:"runAsUser"`
	RunAsGroup               *strategy        `json:"runAsGroup"`
	SupplementalGroups       *strategy        `json:"supplementalGroups"`
	FSGroup                  *strategy        `json:"fsGroup"`
	Rule                     string           `json:"rule"`
	ProcMount                string           `json:"procMount"`
	AllowedProfiles          []string         `json:"allowedProfiles"`
	AllowedLocalhostFiles    []string         `json:"allowedLocalhostFiles"`
	AllowedUsers             []string         `json:"allowedUsers"`
	AllowedGroups            []string         `json:"allowedGroups"`
	AllowedFlexVolumes       []flexVolume     `json:"allowedFlexVolumes"`
	AllowedSELinuxOptions    []map[string]any `json:"allowedSELinuxOptions"`
	AllowedSysctls           []string         `json:"allowedSysctls"`
	ForbiddenSysctls         []string         `json:"forbiddenSysctls"`
}

type replicaRange struct {
	Min *int64 `json:"min_replicas"`
	Max *int64 `json:"max_replicas"`
	// The ranges of K8sPSPFSGroup are of identities.
	idRange
}

type required struct {
	Key          string `json:"key"`
	AllowedRegex string `json:"allowedRegex"`
}

type flexVolume struct {
	Driver string `json:"driver"`
}

type strategy struct {
	Rule   string    `json:"rule"`
	Ranges []idRange `json:"ranges"`
}

type idRange struct {
	Min *int64 `json:"min"`
	Max *int64 `json:"max"`
}

// has tells whether a parameter is given.
func (p *parameters) has(name string) bool { _, is := p.given[name]; return is }

// check adds a check, which spares the exempt images where it is one of containers.
func (t *translation) check(name string, params map[string]any) {
	t.add(policy.Check(name, params))
}

func (t *translation) add(v v1alpha1.Validator) {
	if len(t.parameters.ExemptImages) > 0 {
		v.Except = &v1alpha1.Except{Images: slices.Compact(slices.Sorted(slices.Values(t.parameters.ExemptImages)))}
	}
	t.part.Validators = append(t.part.Validators, v)
}

func (t *translation) control(level, control string) {
	t.add(policy.Controls(level, control))
}

// rule adds a rule in CEL about a kind.
func (t *translation) rule(name, group, resource, expression, message string) {
	t.part.Rules = append(t.part.Rules, v1alpha1.Rule{
		Name: policy.Label(name), Expression: expression, Message: message,
		Resources: resources([]string{group}, []string{resource}),
	})
}

// refuses tells whether the engine refuses a check as it is.
func refuses(v v1alpha1.Validator) bool {
	g := v1alpha1.Guardrail{Spec: v1alpha1.GuardrailSpec{Validators: []v1alpha1.Validator{v}}}
	g.Name = "draft"
	_, err := guardrail.Compile(guardrail.Objects{Guardrails: []v1alpha1.Guardrail{g}}, guardrail.Options{})
	return err != nil
}

// looksAtMore tells whether a check looks at kinds that are not among some.
func looksAtMore(v *v1alpha1.Validator, names []string) bool {
	check, known := validators.Find(v.Name)
	if !known {
		return true
	}
	ofPods := false
	for _, r := range check.Resources {
		ofPods = ofPods || r.Resource == "pods"
	}
	if ofPods && slices.Contains(names, "Pod") {
		return false
	}
	for _, r := range check.Resources {
		name, _, _ := strings.Cut(r.Resource, "/")
		if !slices.ContainsFunc(names, func(kind string) bool {
			plural, _ := (&policy.Inputs{}).Plural(r.Group, kind)
			return plural == name
		}) {
			return true
		}
	}
	return false
}

func text(value any) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
