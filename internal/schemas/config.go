package schemas

import (
	"reflect"

	"taffrail.dev/taffrail/internal/config"
)

// configSchema is that of .taffrail.yaml.
func configSchema() schema {
	root := plainly.of(reflect.TypeFor[config.Config]())
	root["description"] = "What taffrail reads in a repository. Each key is a flag, and a flag wins."
	root["type"] = []string{"object", "null"} // nothing but comments
	offer(at(root, "failOn"), config.FailOn)
	return root
}
