package linters

import "taffrail.dev/taffrail/internal/migrate/policy"

// left is a configuration that nothing can be made of.
func left(why, instead string) []policy.Rule {
	r := policy.Rule{}
	r.Leave(why, instead)
	return []policy.Rule{r}
}

// leftUnknown are fields of a configuration that are not known: each is told.
func leftUnknown(fields []string) (all []policy.Rule) {
	for _, field := range fields {
		r := policy.Rule{Name: field}
		r.Leave("the field is not known here", byHand)
		all = append(all, r)
	}
	return all
}
