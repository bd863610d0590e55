package main

import (
	"errors"
	"fmt"
	"syscall"

	"taffrail.dev/taffrail/internal/serving"
)

// addressFlags name the addresses of servers.
var addressFlags = map[serving.What]string{
	serving.Reviews: "--bind-address", serving.Page: "--bind-address", serving.Probes: "--health-probe-bind-address", serving.Measurements: "--metrics-bind-address",
}

// nameFlag says which flag takes another port, where one is taken.
func nameFlag(err error) error {
	failed, is := errors.AsType[*serving.Error](err)
	if !is || !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	return fmt.Errorf("%w: give another with %s", err, addressFlags[failed.What])
}
