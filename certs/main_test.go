package certs_test

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	// certwatcher leaves its watcher open when the files are gone before it can watch them, as they
	// may be in tests that spoil them. It has no Close.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/fsnotify/fsnotify.(*inotify).readEvents"))
}
