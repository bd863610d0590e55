package mutators

import "embed"

// Fixtures are what the defaults are tested with, and the examples of their
// documentation: testdata/NAME/*.yaml, each beside the patch that it gets.
//
//go:embed testdata/*/*.yaml testdata/*/*.patch.json
var Fixtures embed.FS
