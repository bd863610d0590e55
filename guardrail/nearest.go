package guardrail

import "taffrail.dev/taffrail/internal/nearest"

// NearestName finds the name that was probably meant, or "" when none is near enough for that.
func NearestName(name string, names []string) string { return nearest.Name(name, names) }
