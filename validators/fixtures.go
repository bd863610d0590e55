package validators

import "embed"

// Fixtures are what the checks are tested with, and the examples of their
// documentation: testdata/NAME/pass-*.yaml, fail-*.yaml and old-*.yaml, and with several objects
// testdata/sets/NAME/pass-*.yaml and fail-*.yaml.
//
//go:embed testdata/*/*.yaml testdata/sets/*/*.yaml
var Fixtures embed.FS
