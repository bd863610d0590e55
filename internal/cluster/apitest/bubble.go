package apitest

import (
	"testing"
	"testing/synctest"
	"time"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
)

// The last of the handlers pauses between two errors of the whole program. Seen from a bubble,
// whose time is 26 years ago, the error before it is to come, and the pause as long.
func init() { utilruntime.ErrorHandlers = utilruntime.ErrorHandlers[:1] } //nolint:reassign // it is how client-go has it configured

// Bubble runs a test in a bubble of synctest, in which no time passes while anybody works.
func Bubble(t *testing.T, test func(*testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		// The reflectors of client-go wait their pauses out before they look at their contexts.
		t.Cleanup(func() { time.Sleep(time.Hour) })
		test(t)
	})
}
