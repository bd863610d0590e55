//go:build race

package validators

// underRace says that allocations cannot be counted: the race detector makes
// pools forget what they hold.
const underRace = true
