package policy

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// PodDefaults are the defaults of the catalogue that fill in what a part of a Pod has. Of containers it
// has one, which stands for all. What no default fills in is an error that names it.
func PodDefaults(pod map[string]any) ([]v1alpha1.Mutator, error) {
	rest, _ := Plain(pod).(map[string]any)
	d := &defaults{}
	d.metadata(child(rest, "metadata"))
	spec := child(rest, "spec")
	d.pod(spec)
	if list, is := spec["containers"].([]any); is && len(list) == 1 {
		if container, is := list[0].(map[string]any); is {
			d.container(container)
			delete(container, "name")
			if prune(container) {
				delete(spec, "containers")
			}
		}
	}
	if len(d.security) > 0 {
		params := map[string]any{"seccompProfile": "", "allowPrivilegeEscalation": nil}
		maps.Copy(params, d.security)
		d.add("default-security-context", params)
	}
	if !prune(rest) {
		raw, _ := json.Marshal(rest)
		return nil, fmt.Errorf("no default sets %s", raw)
	}
	if len(d.all) == 0 {
		return nil, fmt.Errorf("it sets nothing that is constant")
	}
	return d.all, nil
}

type defaults struct {
	all      []v1alpha1.Mutator
	security map[string]any
}

func (d *defaults) add(name string, params map[string]any) {
	d.all = append(d.all, Default(name, params))
}

// secure takes a field of default-security-context, if it has this value.
func (d *defaults) secure(in map[string]any, field, param string, only any) {
	value, is := in[field]
	if !is || only != nil && value != only {
		return
	}
	if d.security == nil {
		d.security = map[string]any{}
	}
	if there, taken := d.security[param]; taken && there != value {
		return
	}
	d.security[param] = value
	delete(in, field)
}

func (d *defaults) metadata(meta map[string]any) {
	for _, what := range []string{"labels", "annotations"} {
		if values, is := meta[what].(map[string]any); is && constant(values) {
			d.add("add-"+what, map[string]any{what: values})
			delete(meta, what)
		}
	}
}

func (d *defaults) pod(spec map[string]any) {
	context := child(spec, "securityContext")
	if profile := child(context, "seccompProfile"); profile["type"] == "RuntimeDefault" {
		d.secure(profile, "type", "seccompProfile", nil)
	}
	d.secure(context, "runAsNonRoot", "runAsNonRoot", true)
	for _, field := range []string{"runAsUser", "runAsGroup", "fsGroup"} {
		d.secure(context, field, field, nil)
	}
	for field, to := range map[string][2]string{
		"tolerations": {"default-tolerations", "tolerations"}, "nodeSelector": {"default-node-selector", "nodeSelector"},
		"priorityClassName": {"default-priority-class", "priorityClassName"}, "runtimeClassName": {"default-runtime-class", "runtimeClassName"},
	} {
		if value, is := spec[field]; is {
			d.add(to[0], map[string]any{to[1]: value})
			delete(spec, field)
		}
	}
	slices.SortFunc(d.all, func(a, b v1alpha1.Mutator) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	if secrets, is := spec["imagePullSecrets"].([]any); is {
		d.add("default-image-pull-secrets", map[string]any{"secrets": fields(secrets, "name")})
		delete(spec, "imagePullSecrets")
	}
	if spec["enableServiceLinks"] == false {
		d.add("disable-service-links", nil)
		delete(spec, "enableServiceLinks")
	}
	if spec["automountServiceAccountToken"] == false {
		d.add("disable-service-account-token", map[string]any{"serviceAccounts": []string{"*"}})
		delete(spec, "automountServiceAccountToken")
	}
	d.dns(spec)
}

func (d *defaults) dns(spec map[string]any) {
	params := map[string]any{}
	if config := child(spec, "dnsConfig"); len(config) > 0 {
		maps.Copy(params, config)
		delete(spec, "dnsConfig")
	}
	if value, is := spec["dnsPolicy"]; is {
		params["policy"] = value
		delete(spec, "dnsPolicy")
	}
	if len(params) > 0 {
		d.add("default-dns-config", params)
	}
}

func (d *defaults) container(c map[string]any) {
	context := child(c, "securityContext")
	d.secure(context, "allowPrivilegeEscalation", "allowPrivilegeEscalation", false)
	d.secure(context, "readOnlyRootFilesystem", "readOnlyRootFilesystem", true)
	d.secure(context, "runAsNonRoot", "runAsNonRoot", true)
	d.secure(context, "runAsUser", "runAsUser", nil)
	d.secure(context, "runAsGroup", "runAsGroup", nil)
	if profile := child(context, "seccompProfile"); profile["type"] == "RuntimeDefault" {
		d.secure(profile, "type", "seccompProfile", nil)
	}
	capabilities := child(context, "capabilities")
	if drop, is := capabilities["drop"].([]any); is {
		if d.security == nil {
			d.security = map[string]any{}
		}
		d.security["dropCapabilities"] = drop
		delete(capabilities, "drop")
	}
	resources := child(c, "resources")
	for _, what := range []string{"requests", "limits"} {
		if values, is := resources[what].(map[string]any); is && constant(values) {
			d.add("default-resource-"+what, values)
			delete(resources, what)
		}
	}
	if env, is := c["env"].([]any); is {
		d.add("add-env", map[string]any{"env": env})
		delete(c, "env")
	}
}

func child(in map[string]any, key string) map[string]any {
	out, _ := in[key].(map[string]any)
	return out
}

func fields(list []any, key string) (all []any) {
	for _, item := range list {
		if entry, is := item.(map[string]any); is {
			all = append(all, entry[key])
		}
	}
	return all
}

// constant tells whether all values are scalars.
func constant(values map[string]any) bool {
	for _, value := range values {
		switch value.(type) {
		case map[string]any, []any, nil:
			return false
		}
	}
	return len(values) > 0
}

// prune takes out maps that have become empty, and tells whether nothing is left.
func prune(in map[string]any) bool {
	for key, value := range in {
		if below, is := value.(map[string]any); is && prune(below) {
			delete(in, key)
		}
	}
	return len(in) == 0
}
