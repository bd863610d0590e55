package resident

import (
	"os"
	"runtime/debug"
)

// percent is how much may be allocated before garbage is collected, in percent of what is in use. Of a
// server little is: at 100 it collects 45 times a second under load, which is a tenth of what a review
// costs. FollowContainer bounds what that may take where much is in use.
const percent = 150

// CollectSeldom has a server collect garbage more seldom than Go does by itself. Where GOGC is set, that
// holds.
func CollectSeldom() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(percent)
	}
}
