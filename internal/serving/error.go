package serving

import "fmt"

// What a server is for.
type What string

// What there are servers for.
const (
	Reviews      What = "reviews"
	Page         What = "the page"
	Probes       What = "health probes"
	Measurements What = "metrics"
)

// Error is why a server could not begin, or go on.
type Error struct {
	What    What
	Address string
	Err     error
}

func (e *Error) Error() string { return fmt.Sprintf("serving %s on %s: %v", e.What, e.Address, e.Err) }

func (e *Error) Unwrap() error { return e.Err }
