// Package block reads the YAML that people write manifests in: block mappings and lists, plain and
// quoted scalars, literal texts, small flow collections on one line. It is ten times quicker than a
// parser of all YAML, and refuses to read anything else: anchors, tags, merge keys, complex keys,
// duplicate keys, tabs, escapes that are rare. Whoever calls it asks the other parser then.
//
// What it reads it reads as `kubectl apply` does: scalars are those of YAML 1.1, as in
// go.yaml.in/yaml/v2. Nodes have the lines and columns of go.yaml.in/yaml/v3.
package block
