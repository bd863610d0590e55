//go:build linux

package load

import "path/filepath"

// Constant is the server that always says the same, whose program lies in a folder.
func Constant(folder string) Program {
	return Program{Name: "constant", Command: []string{
		filepath.Join(folder, "constant"), "-bind-address", "127.0.0.1:{port}",
	}}
}

// Typed is the server of controller-runtime's typed webhooks, whose program lies in a folder.
func Typed(folder string) Program {
	return Program{Name: "typed", Paths: map[string]string{"Pod": "", "Deployment": "/deployment"}, Command: []string{
		filepath.Join(folder, "typed"), "-bind-address", "127.0.0.1:{port}",
	}}
}

// Taffrail is a Taffrail with the guardrails of a file or a directory, or without them the built-in ones.
func Taffrail(name, program, guardrails string) Program {
	command := []string{
		program, "serve", "--bind-address", "127.0.0.1:{port}", "--metrics-bind-address", "127.0.0.1:{port2}", "--health-probe-bind-address", "0",
	}
	if guardrails != "" {
		command = append(command, "--guardrails", guardrails)
	}
	// As the memory limit of deploy/base/deployment.yaml, 128 MiB, makes it in a container.
	return Program{Name: name, Command: command, Env: []string{"GOMEMLIMIT=80MiB"}}
}
