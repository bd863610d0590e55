package schemas

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"reflect"

	"taffrail.dev/taffrail/api/v1alpha1"
)

// testFields is what the comments of GuardrailTest say. A program has none of its comments, and the
// kind has no CustomResourceDefinition, which has those of the others.
//
//go:embed guardrailtest_fields.json
var testFields []byte

func testSchema() schema {
	documented := types{}
	if err := json.Unmarshal(testFields, &documented.fields); err != nil { // it is a part of the program
		panic(fmt.Sprintf("reading the fields of GuardrailTest: %v", err))
	}
	root := documented.of(reflect.TypeFor[v1alpha1.GuardrailTest]())
	root["description"] = "What Guardrails must do: cases, each of which sends an object through them and names what is to become of it."
	head(root, "GuardrailTest")
	item := at(root, "spec", "cases")["items"].(schema)
	for _, list := range []string{"denied", "warned", "audited"} {
		finding := at(item, "expect", list)["items"].(schema)
		check := checkOrControl()
		check["description"] = at(finding, "validator")["description"]
		finding["properties"].(schema)["validator"] = check
	}
	return root
}
