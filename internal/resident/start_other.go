//go:build !linux

package resident

import "runtime/debug"

// GiveBackStart gives the system back what the start has left of garbage.
func GiveBackStart() error {
	debug.FreeOSMemory()
	return nil
}

// GiveBack does nothing.
func GiveBack() error { return nil }
