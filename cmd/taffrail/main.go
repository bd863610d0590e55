// Command taffrail is a guardrail for Kubernetes: an admission webhook server,
// and the same engine as a command line.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once
	os.Exit(run(ctx, argumentsOf(calledAs(os.Args[0]), os.Args[1:]), streams{in: os.Stdin, out: os.Stdout, err: os.Stderr}))
}
