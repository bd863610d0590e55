package main

import (
	"errors"
	"fmt"
	"syscall"

	"taffrail.dev/taffrail/webhook"
)

// addressFlags name the addresses of servers.
var addressFlags = map[webhook.Serves]string{
	webhook.Reviews: "--bind-address", webhook.Health: "--health-probe-bind-address", webhook.Measurements: "--metrics-bind-address",
}

// nameFlag says which flag takes another port, where one is taken.
func nameFlag(err error) error {
	failed, is := errors.AsType[*webhook.ServeError](err)
	if !is || !errors.Is(err, syscall.EADDRINUSE) {
		return err
	}
	return fmt.Errorf("%w: give another with %s", err, addressFlags[failed.Serves])
}
