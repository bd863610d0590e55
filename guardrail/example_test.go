package guardrail_test

import (
	"fmt"

	"taffrail.dev/taffrail/guardrail"
)

// A Set is made of what people wrote, and says of each mistake where it is.
func ExampleCompile() {
	objects, err := guardrail.Parse("guardrail.yaml", []byte(`
apiVersion: taffrail.dev/v1alpha1
kind: Guardrail
metadata: {name: platform-baseline}
spec:
  validators:
  - name: image-latest
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	set, err := guardrail.Compile(objects, guardrail.Options{})
	fmt.Println(set == nil)
	fmt.Println(err)
	// Output:
	// true
	// Guardrail "platform-baseline": spec.validators[0].name: Invalid value: "image-latest": must be a name of the catalogue; did you mean "image-latest-tag"?
}
