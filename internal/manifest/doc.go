// Package manifest reads Kubernetes manifests: from files, from directories and
// from standard input, as YAML or JSON, several documents or Lists in a file.
//
//	input := manifest.Read(os.Stdin, "deploy/", "service.json", "-")
//	for _, object := range input.Objects {
//		line, column := object.Position(path) // of a field, in the file
//	}
//
// An object is read as `kubectl apply` reads it. What cannot be read is told
// with its file and line, and does not keep the rest from being read.
package manifest
