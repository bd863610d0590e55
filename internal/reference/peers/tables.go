// Package peers has what takes the place of each policy of other tools, as tables: NAME.yaml each.
package peers

import "embed"

// Tables are the tables by the names of their files.
//
//go:embed *.yaml
var Tables embed.FS
