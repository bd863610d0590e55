package validators

import (
	"iter"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "host-path-allowed",
	Summary: "hostPath volumes outside these directories, or writable where reading is allowed",
	Doc: `
Agents that collect logs or metrics need a part of the node, and nothing else
does. List what they need, and for reading where reading is enough:

    paths:
    - prefix: /var/log
      readOnly: true
    - prefix: /var/lib/csi-driver

Where it is enough, every mount of the volume must say so:

    volumeMounts:
    - {name: logs, mountPath: /var/log, readOnly: true}

A prefix is a directory with all that lies below it, whole components compared:
/var/log allows /var/log/pods and not /var/logs. Links are not followed: write a
directory as it is called on the node, /run or /var/run. With no paths at all,
no hostPath is allowed. pod-security refuses every hostPath, so that one of the
two is right for a namespace, not both.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.Kyverno, "ensure-readonly-hostpath", "limit-hostpath-vols"),
		params.Refs(params.Gatekeeper, "K8sPSPHostFilesystem"),
		params.Refs(params.KubeLinter, "writable-host-mount"),
	),
	Resources: podsAndTemplates,
	New:       newHostPathAllowed,
})

type hostPathAllowed struct {
	Paths []allowedHostPath `json:"paths" doc:"Directories with all that lies below them; readOnly where they may not be written."`
}

type allowedHostPath struct {
	Prefix   string `json:"prefix"`
	ReadOnly bool   `json:"readOnly"`
}

func newHostPathAllowed(decode params.Decode) (Validate, error) {
	var p hostPathAllowed
	if err := decode(&p); err != nil {
		return nil, err
	}
	var mistakes field.ErrorList
	var prefixes []string
	for i := range p.Paths {
		prefixes = append(prefixes, p.Paths[i].Prefix)
		prefix, mistake := parseNodePath(p.Paths[i].Prefix, field.NewPath("paths").Index(i).Child("prefix"))
		if mistake != nil {
			mistakes = append(mistakes, mistake)
		}
		p.Paths[i].Prefix = prefix
	}
	detail := "must not be set"
	if len(prefixes) > 0 {
		detail = "must be in " + oneOf(prefixes)
	}
	return onPods(func(pod *workload.Pod) (findings []Finding) {
		writers := writableMounts{pod: pod}
		for volume := range hostPaths(pod) {
			allowed, writable := p.allow(volume.at)
			allowed = allowed && !volume.ambiguous()
			switch {
			case !allowed && volume.throughProcess():
				findings = append(findings, volume.must("must not go through the links of a process"))
			case !allowed:
				findings = append(findings, volume.must(detail))
			case !writable:
				for _, f := range writers.of(volume.name) {
					findings = append(findings, f.spans(mountable(volume.at)))
				}
			}
		}
		return findings
	}), mistakes.ToAggregate()
}

func (p *hostPathAllowed) allow(at string) (allowed, writable bool) {
	for _, path := range p.Paths {
		if within(at, path.Prefix, identical) {
			allowed, writable = true, writable || !path.ReadOnly
		}
	}
	return allowed, writable
}

// writableMounts are the mounts of a Pod that may be written through.
type writableMounts struct {
	pod    *workload.Pod
	asked  int
	byName map[string][]Finding
}

// of finds fault with those of a volume.
func (w *writableMounts) of(volume string) (findings []Finding) {
	if w.asked++; w.asked > maxWalks {
		if w.byName == nil {
			w.byName = map[string][]Finding{}
			for name, f := range w.all() {
				w.byName[name] = append(w.byName[name], f())
			}
		}
		defer delete(w.byName, volume) // told once, whatever has the same name
		return w.byName[volume]
	}
	for name, f := range w.all() {
		if name == volume {
			findings = append(findings, f())
		}
	}
	return findings
}

// all are the volumes that are mounted, each with what is said of the mount.
func (w *writableMounts) all() iter.Seq2[string, func() Finding] {
	return func(yield func(string, func() Finding) bool) {
		for c := range w.pod.AllContainers() {
			for i := range c.VolumeMounts {
				if mount := &c.VolumeMounts[i]; !mount.ReadOnly && !yield(mount.Name, func() Finding { return mustBeReadOnly(c, i) }) {
					return
				}
			}
		}
	}
}

func mustBeReadOnly(c workload.Container, mount int) Finding {
	path := c.Path().Child("volumeMounts").Item(mount, c.VolumeMounts[mount].MountPath).Child("readOnly")
	return invalid(path, false, "must be true: this path of the node may only be read").isDefault(true).of(c).fixedBy(workload.Add(path, true))
}
