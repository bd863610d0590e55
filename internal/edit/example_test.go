package edit_test

import (
	"fmt"

	"taffrail.dev/taffrail/internal/edit"
	"taffrail.dev/taffrail/internal/manifest/block"
	"taffrail.dev/taffrail/internal/workload"
)

func ExampleDocument_Edits() {
	document := []byte(`# the shop
spec:
  containers:
  - name: web  # serves
    securityContext: {privileged: true} # for now
`)
	securityContext := (*workload.Path)(nil).Child("spec", "containers").Item(0, "web").Child("securityContext")
	root, raw := block.Parse(document), []byte(`{"spec": {"containers": [{"name": "web", "securityContext": {"privileged": true}}]}}`)
	parsed, err := edit.Parse(document, root, raw)
	if err != nil {
		panic(err)
	}
	edits, err := parsed.Edits(edit.Patch{Operations: []workload.Operation{
		workload.Replace(securityContext.Child("privileged"), false),
		workload.Add(securityContext.Child("capabilities"), map[string]any{"drop": []string{"ALL"}}),
	}})
	if err != nil {
		panic(err)
	}
	fmt.Print(string(edit.Apply(document, edits)))
	// Output:
	// # the shop
	// spec:
	//   containers:
	//   - name: web  # serves
	//     securityContext: {privileged: false, capabilities: {drop: [ALL]}} # for now
}
