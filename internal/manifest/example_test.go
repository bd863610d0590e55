package manifest_test

import (
	"fmt"
	"strings"

	"taffrail.dev/taffrail/internal/manifest"
)

// Each object knows where its fields are, and a document that cannot be read does not keep the
// rest from being read.
func ExampleRead() {
	input := manifest.Read(strings.NewReader(`
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - name: web
    image: nginx
---
kind: [
`), "-")
	for _, object := range input.Objects {
		line, column := object.PositionAt("/spec/containers/0/image")
		fmt.Printf("%s %s: image at %d:%d\n", object.Kind, object.Name, line, column)
	}
	for _, err := range input.Errors {
		fmt.Println(err)
	}
	// Output:
	// Pod web: image at 8:5
	// <stdin>:10: is no YAML: did not find expected node content
}
