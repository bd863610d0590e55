package sender_test

import (
	"fmt"
	"time"

	"taffrail.dev/taffrail/internal/sender"
)

// Each address has a rate of its own: who writes much does not silence others.
func ExampleLimiter() {
	start := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	limit := sender.Limiter{
		Each: sender.Rate{PerSecond: 1, Burst: 2}, All: sender.Rate{PerSecond: 10, Burst: 100},
		Now: func() time.Time { return start },
	}
	for _, remote := range []string{"192.0.2.1:4000", "192.0.2.1:4001", "192.0.2.1:4002", "192.0.2.2:4000"} {
		fmt.Println(remote, limit.Allow(sender.Of(remote)))
	}
	// Output:
	// 192.0.2.1:4000 true
	// 192.0.2.1:4001 true
	// 192.0.2.1:4002 false
	// 192.0.2.2:4000 true
}
