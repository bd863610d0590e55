// Package check evaluates manifests as a cluster would evaluate their creation.
//
// What the inputs say of their surroundings (Namespaces, ServiceAccounts, definitions of kinds) is
// read first, from the few documents that have it. Then the files are evaluated one by one, several
// at a time, and nothing of them is kept but what is found: a repository of any size fits.
package check
