package images

// Patterns are some, of which one is enough.
type Patterns []Pattern

// Match tells whether an image is one of any.
func (ps Patterns) Match(i *Image) bool {
	for n := range ps {
		if ps[n].Matches(i) {
			return true
		}
	}
	return false
}
