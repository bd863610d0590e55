package validators

import "embed"

// Fixtures are what the checks are tested with, and the examples of their
// documentation: testdata/NAME/pass-*.yaml, fail-*.yaml and old-*.yaml.
//
//go:embed testdata/*/*.yaml
var Fixtures embed.FS
