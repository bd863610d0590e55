package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/registration"
)

var infrastructure = Check{
	Name:    "infrastructure",
	Summary: "networking and storage can come up while no replica answers",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		ours, err := i.ours(ctx)
		if err != nil {
			return nil, err
		}
		namespaces, daemons := &corev1.NamespaceList{}, &appsv1.DaemonSetList{}
		err = errors.Join(i.Client.List(ctx, namespaces), i.Client.List(ctx, daemons, client.InNamespace("")))
		vital := map[string]string{} // by Namespace: why
		for _, n := range namespaces.Items {
			if slices.Contains(networking, n.Name) {
				vital[n.Name] = "known for networking or storage"
			}
		}
		for n := range daemons.Items {
			if why := needs(&daemons.Items[n]); why != "" {
				vital[daemons.Items[n].Namespace] = fmt.Sprintf("DaemonSet %s %s", daemons.Items[n].Name, why)
			}
		}
		var held []string
		for _, n := range namespaces.Items {
			labels := maps.Clone(n.Labels)
			if labels == nil {
				labels = map[string]string{}
			}
			labels[corev1.LabelMetadataName] = n.Name
			if _, is := vital[n.Name]; is && evaluated(ours, labels) {
				held = append(held, n.Name)
			}
		}
		return exclude(held, vital, excludedNow(ours), slices.ContainsFunc(ours, configuration.unmanaged)), err
	},
}

// networking are namespaces that the CNIs and storage of the field install themselves in.
var networking = []string{
	"antrea-system", "calico-apiserver", "calico-system", "cilium", "cilium-system", "kube-flannel", "kube-ovn", "kube-router",
	"longhorn-system", "metallb-system", "multus-system", "openebs", "ovn-kubernetes", "rook-ceph", "tigera-operator", "weave",
}

// needs tells why no node is ready, or no volume mounted, without a DaemonSet.
func needs(d *appsv1.DaemonSet) string {
	spec := &d.Spec.Template.Spec
	for _, volume := range spec.Volumes {
		if volume.HostPath == nil {
			continue
		}
		switch path := volume.HostPath.Path; {
		case strings.HasPrefix(path, "/etc/cni"), strings.HasPrefix(path, "/opt/cni"):
			return "installs a CNI (mounts " + path + ")"
		case strings.HasPrefix(path, "/var/lib/kubelet/plugins"):
			return "is a CSI driver (mounts " + path + ")"
		}
	}
	if spec.HostNetwork && spec.PriorityClassName == "system-node-critical" {
		return "is in the host's network, and system-node-critical"
	}
	return ""
}

// evaluated tells whether a Pod of a Namespace waits for Taffrail, and is refused
// when it does not answer.
func evaluated(ours []configuration, labels map[string]string) bool {
	return slices.ContainsFunc(ours, func(c configuration) bool {
		return slices.ContainsFunc(c.webhooks, func(w entry) bool { return w.failsClosed() && w.evaluatesPods(labels) })
	})
}

// excludedNow are the namespaces that every entry which fails closed leaves out.
func excludedNow(ours []configuration) []string {
	for _, c := range ours {
		for _, w := range c.webhooks {
			if !w.failsClosed() || w.NamespaceSelector == nil {
				continue
			}
			for _, e := range w.NamespaceSelector.MatchExpressions {
				if e.Key == corev1.LabelMetadataName && e.Operator == "NotIn" {
					return e.Values
				}
			}
		}
	}
	return guardrail.DefaultExcludedNamespaces
}

func exclude(held []string, vital map[string]string, now []string, unmanaged bool) (found []Finding) {
	if len(held) == 0 {
		return nil
	}
	// Those that always are left out need no flag.
	all := guardrail.ExcludedNamespaces(append(slices.Clone(now), held...)...)[len(guardrail.DefaultExcludedNamespaces):]
	do := "start Taffrail with --exclude-namespaces=" + strings.Join(all, ",")
	if unmanaged { // the flag alone would change nothing there
		do += ", and put these into each namespaceSelector of the configurations: the leader leaves those alone (" + registration.Unmanaged + ")"
	}
	for _, name := range held {
		found = append(found, Finding{
			Warn, "its Pods are evaluated, and fail closed: with every replica gone neither could start without the other (" + vital[name] + ")", "Namespace " + name, do,
		})
	}
	return found
}
