package validators

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	psa "k8s.io/pod-security-admission/api"

	"taffrail.dev/taffrail/internal/params"
	"taffrail.dev/taffrail/internal/workload"
)

var _ = register(Validator{
	Name:    "namespace-pod-security-labels",
	Summary: "Namespaces that enforce no Pod Security level or too lax a one, and changes to a laxer one",
	Doc: `
A Namespace without the label is privileged: a Pod in it may take over its node.
And whoever may edit a Namespace could take the label away, run such a Pod, and
put it back.

    metadata:
      labels:
        pod-security.kubernetes.io/enforce: baseline

The level must be the one of the parameter or a stricter one. Once it is set it
is not lowered, and its version, if one is named, is not set back: the rules of
an older version are fewer.
`,
	Severity: High,
	References: slices.Concat(
		params.Refs(params.Kubernetes, "concepts/security/pod-security-admission"),
		params.Refs(params.Kyverno, "deny-privileged-profile"),
	),
	Resources: reading(Labels, written(corev1.SchemeGroupVersion, "namespaces")),
	New:       newNamespacePodSecurityLabels,
})

type namespacePodSecurityLabels struct {
	Level string `json:"level" doc:"The least strict level that must be enforced: privileged, baseline or restricted."`
}

func newNamespacePodSecurityLabels(decode params.Decode) (Validate, error) {
	p := namespacePodSecurityLabels{Level: string(psa.LevelBaseline)}
	if err := decode(&p); err != nil {
		return nil, err
	}
	known := []string{string(psa.LevelPrivileged), string(psa.LevelBaseline), string(psa.LevelRestricted)}
	least := slices.Index(known, p.Level)
	if least < 0 {
		return nil, field.ErrorList{field.NotSupported(field.NewPath("level"), p.Level, known)}.ToAggregate()
	}
	mustBe := "must be " + oneOf(known[least:])
	return func(r *workload.Review) []Finding {
		namespace, ok := r.Object.(*corev1.Namespace)
		if !ok {
			return nil
		}
		level, there := namespace.Labels[psa.EnforceLevelLabel]
		switch old, updated := r.OldObject.(*corev1.Namespace); {
		case !there:
			return fault(namespace, psa.EnforceLevelLabel, required(nil, mustBe).above(laxity(level)), p.Level)
		case !slices.Contains(known[least:], level):
			return fault(namespace, psa.EnforceLevelLabel, invalid(nil, level, mustBe).above(laxity(level)), p.Level)
		case updated:
			return loosened(namespace, old)
		default:
			return nil
		}
	}, nil
}

// laxity ranks levels. None at all leaves it to the cluster's default, which is
// privileged or stricter; one that is wrong counts as restricted.
func laxity(level string) float64 {
	return float64(slices.Index([]string{string(psa.LevelBaseline), "", string(psa.LevelPrivileged)}, level))
}

// loosened compares two Namespaces of which the new one has a level that will do.
func loosened(now, old *corev1.Namespace) []Finding {
	level := now.Labels[psa.EnforceLevelLabel]
	was := cmp.Or(old.Labels[psa.EnforceLevelLabel], string(psa.LevelPrivileged))
	switch psa.CompareLevels(psa.Level(level), psa.Level(was)) {
	case -1:
		return fault(now, psa.EnforceLevelLabel, invalid(nil, level, "must not be laxer than "+was+", which it was"), was)
	case 0:
		version, was := now.Labels[psa.EnforceVersionLabel], old.Labels[psa.EnforceVersionLabel]
		if minorOf(version) < minorOf(was) {
			was = cmp.Or(was, psa.LatestVersion().String())
			return fault(now, psa.EnforceVersionLabel, invalid(nil, version, "must not be older than "+was+", which it was"), was)
		}
	}
	return nil
}

// minorOf is the x of v1.x. No version at all means the latest, and so does one that is wrong.
func minorOf(version string) int {
	if text, pinned := strings.CutPrefix(version, "v1."); pinned {
		if minor, err := strconv.Atoi(text); err == nil {
			return minor
		}
	}
	return math.MaxInt
}

// fault places a finding at a label, and mends it with a value.
func fault(namespace *corev1.Namespace, label string, f Finding, value string) []Finding {
	labels := (*workload.Path)(nil).Child("metadata", "labels")
	f.Path = labels.Key(label)
	return []Finding{f.fixedBy(setKey(labels, namespace.Labels, label, value))}
}
