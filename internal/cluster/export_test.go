package cluster

import "time"

// SetTimeout gives a fetch the time that a busy machine may need.
func (n *Namespaces) SetTimeout(timeout time.Duration) { n.timeout = timeout }
