package install_test

import (
	"bytes"
	"fmt"
	"strings"

	"taffrail.dev/taffrail/internal/install"
)

// The manifests are those of `taffrail install`, ready for kubectl apply.
func ExampleObjects() {
	objects, err := install.Objects(install.Choices{Image: "registry.example.com/taffrail:v0.1.0"})
	if err != nil {
		panic(err)
	}
	var manifests bytes.Buffer
	if err := install.Write(&manifests, objects); err != nil {
		panic(err)
	}
	fmt.Println(strings.Contains(manifests.String(), "image: registry.example.com/taffrail:v0.1.0"))
	// Output:
	// true
}
