package migrate

import (
	"taffrail.dev/taffrail/internal/migrate/gatekeeper"
	"taffrail.dev/taffrail/internal/migrate/kyverno"
	"taffrail.dev/taffrail/internal/migrate/linters"
	"taffrail.dev/taffrail/internal/migrate/policy"
	"taffrail.dev/taffrail/internal/migrate/psp"
	"taffrail.dev/taffrail/internal/migrate/vap"
)

// source is a tool whose policies are read.
type source struct {
	// name is what the tool is called in reports.
	name string
	// reads tells whether an object is a policy of the tool, or something that policies refer to.
	reads func(*policy.Object) bool
	// rules are those of one policy. Of what policies refer to there are none.
	rules func(*policy.Object, *policy.Inputs) []policy.Rule
	// differs is what all policies of the tool do differently here, said once.
	differs []string
}

// sources are all tools, in the order of the documentation.
var sources = []source{
	{name: "ValidatingAdmissionPolicy", reads: vap.Reads, rules: vap.Of},
	{name: "Gatekeeper", reads: gatekeeper.Reads, rules: gatekeeper.Of, differs: []string{
		"A ConstraintTemplate of gatekeeper-library is known by its kind, and by its annotation metadata.gatekeeper.sh/version where it is among the inputs: its Rego is not compared with the library's. If you have changed it, hold the two against each other with --prove.",
	}},
	{name: "Kyverno", reads: kyverno.Reads, rules: kyverno.Of},
	{name: "Pod Security", reads: psp.ReadsLabels, rules: psp.OfLabels},
	{name: "PodSecurityPolicy", reads: psp.Reads, rules: psp.Of},
	{name: "Polaris", reads: linters.ReadsPolaris, rules: linters.OfPolaris},
	{name: "kube-linter", reads: linters.ReadsKubeLinter, rules: linters.OfKubeLinter},
	{name: "k-rail", reads: linters.ReadsKRail, rules: linters.OfKRail},
}

// everywhere are the differences that all policies have, of whichever tool.
var everywhere = []string{
	"kube-system, kube-public, kube-node-lease and taffrail-system are never matched.",
	"An update may keep what the old object broke already: that warns, and what the update adds is refused.",
	"Checks of Pods evaluate the templates of Deployments and their like, too: whoever writes the template is told.",
}
