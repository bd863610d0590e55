package apitest

import (
	"testing"
	"testing/synctest"
	"time"
)

// Bubble runs a test in a bubble of synctest, in which no time passes while anybody works.
func Bubble(t *testing.T, test func(*testing.T)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		// The reflectors of client-go wait their pauses out before they look at their contexts.
		t.Cleanup(func() { time.Sleep(time.Hour) })
		test(t)
	})
}
