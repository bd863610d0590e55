// Package workload is one view of every object that holds a Pod.
//
// A [Review] is one object on its way into the cluster, decoded once. Where it holds a Pod, be it a
// Pod or the template of a Deployment, a CronJob and so on, Review.Pod is the view of it: its
// metadata, its spec, and its containers with their field paths.
//
// A Pod changes only through its verbs. Set and Append leave what is set alone, Replace overwrites
// it, and Remove removes it. Each updates the typed object and, after [Pod.Record], notes RFC 6902
// operations against the document that was sent: fields that k8s.io/api does not know survive in
// place.
package workload
