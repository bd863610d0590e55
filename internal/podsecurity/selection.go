package podsecurity

import "slices"

// Selection says which controls are evaluated: all, or those of Only, without those of Exclude. It is
// literal. A control that another one stands in for is evaluated in its own right where the other is
// not selected, so that no name switches off more than itself.
type Selection struct{ Only, Exclude []string }

func (s Selection) has(control string) bool {
	return (len(s.Only) == 0 || slices.Contains(s.Only, control)) && !slices.Contains(s.Exclude, control)
}
