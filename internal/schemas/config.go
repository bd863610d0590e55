package schemas

import (
	"reflect"
	"strings"

	"taffrail.dev/taffrail/internal/config"
	"taffrail.dev/taffrail/internal/report"
)

// configSchema is that of .taffrail.yaml.
func configSchema() schema {
	root := plainly.of(reflect.TypeFor[config.Config]())
	root["description"] = "What taffrail reads in a repository. Each key is a flag, and a flag wins."
	root["type"] = []string{"object", "null"} // nothing but comments
	offer(at(root, "failOn"), config.FailOn)
	at(root, "output")["items"] = outputs()
	return root
}

// outputs is a form of the result, alone or with a file.
func outputs() schema {
	var names, about []string
	for _, format := range report.Formats() {
		names, about = append(names, format.Name), append(about, format.About)
	}
	return schema{"anyOf": []any{
		schema{"enum": names, "enumDescriptions": about},
		schema{"type": "string", "pattern": "^(" + strings.Join(names, "|") + ")=.+$", "description": "A form, and the file that it is written into."},
	}}
}
