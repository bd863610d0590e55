// Package furnish gives Namespaces what NamespaceKits say that they get, and keeps it there. The
// leader does it; every replica knows the kits, and which Namespaces Pods are held back in.
//
// Of what it has made it watches the metadata alone, by the label of the kit. Whether somebody has
// changed a field of it is told by the fields that the API server says are ours: whoever changes
// one takes it from us. So nothing is read back, of a ConfigMap as little as of anything else.
package furnish
