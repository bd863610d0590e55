package validators

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var _ = register(Validator{
	Name:    "denied-labels",
	Summary: "objects with these labels",
	Doc: `
Labels select: a Pod that takes the label of another team's Service gets its
requests, and one with the label of an exempted workload is let out of the
network policy. Keep the labels that belong to the platform to the platform.

    keys: [istio.io/rev, "platform.example.com/*"]

A star stands for any characters. The templates of workloads are checked too;
name kinds to look at no others:

    kinds: [Pod, Deployment]

Where a selector names the label, take it out there as well.
`,
	Severity:  Medium,
	Resources: labelled,
	Narrow:    deniedAmong(labelled),
	New:       newDeniedKeys("labels", metav1.Object.GetLabels),
})
