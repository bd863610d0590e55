package webhook

import "fmt"

// Serves is what a server is for.
type Serves string

// What there are servers for.
const (
	Reviews      Serves = "reviews"
	Health       Serves = "health probes"
	Measurements Serves = "metrics"
)

// ServeError is why a server could not begin, or go on.
type ServeError struct {
	Serves  Serves
	Address string
	Err     error
}

func (e *ServeError) Error() string {
	return fmt.Sprintf("serving %s on %s: %v", e.Serves, e.Address, e.Err)
}

func (e *ServeError) Unwrap() error { return e.Err }
