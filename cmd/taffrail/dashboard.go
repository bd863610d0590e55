package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/dashboard"
)

type dashboardOptions struct {
	kubeconfig, context string
	namespace           string
	serviceAccount      string
	port                int
	open                bool
}

func dashboardCommand(io streams) *cobra.Command {
	var o dashboardOptions
	cmd := &cobra.Command{
		Use:   "dashboard",
		Short: "Open the page of the audit that runs in a cluster",
		Long: "Open the page of the audit that runs in a cluster (`taffrail install --audit`) in a browser. It is\n" +
			"reached by a port-forward, with the token of your kubeconfig, and served on 127.0.0.1 to the browser\n" +
			"that opens the address, until this ends. The address opens once.\n\n" +
			"You need the rights to get the Service taffrail-audit, to list its Pods, to create pods/portforward,\n" +
			"and the ClusterRole taffrail-audit-viewer. A client certificate is no token: --service-account takes\n" +
			"one of a ServiceAccount.\n\n" +
			"Exit code: 0 ended, 2 the page cannot be reached, or bad usage.",
		Example: "  taffrail dashboard\n" +
			"  taffrail dashboard --context staging --open=false\n" +
			"  taffrail dashboard --service-account dashboard",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.run(cmd.Context(), io); err != nil {
				return usage(err)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	kubectlFlags(cmd, &o.kubeconfig, &o.context)
	flags.StringVarP(&o.namespace, "namespace", "n", "taffrail-system", "the namespace that the audit runs in")
	flags.StringVar(&o.serviceAccount, "service-account", "", "a ServiceAccount of that namespace whose token reads the page; left out, yours does")
	flags.IntVar(&o.port, "port", 8900, "the port on 127.0.0.1; the same one for all makes links to views that can be sent; 0 takes a free one")
	flags.BoolVar(&o.open, "open", true, "open the browser; --open=false only prints the address")
	return cmd
}

func (o *dashboardOptions) run(ctx context.Context, std streams) error {
	if o.port < 0 || o.port > 65535 {
		return fmt.Errorf("--port %d: must be from 0, for a free one, to 65535", o.port)
	}
	config, _, err := ask(std, o.kubeconfig, o.context)
	if err != nil {
		return err
	}
	client, err := cluster.NewClients(config).Unversioned()
	if err != nil {
		return err
	}
	say := func(line string) { fmt.Fprintln(std.err, line) }
	board, err := dashboard.New(dashboard.Options{
		Config: config, Client: client, Namespace: o.namespace, ServiceAccount: o.serviceAccount, Say: say,
	})
	if err != nil {
		return err
	}
	if err := board.Check(ctx); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.port)))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("listening on 127.0.0.1:%d: another program does, maybe another dashboard; --port 0 takes a free one", o.port)
	}
	if err != nil {
		return err
	}
	defer listener.Close()
	address := board.Address(listener)
	fmt.Fprintf(std.out, "%s\n", address)
	say("it opens once, in the browser that is to show the page; Ctrl-C ends it")
	if o.open {
		if err := openBrowser(address); err != nil {
			say("no browser could be opened: open the address yourself")
		}
	}
	return board.Serve(ctx, listener)
}

// openBrowser opens an address with what the desktop opens addresses with.
func openBrowser(address string) error {
	name, arguments := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, arguments = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	}
	command := exec.Command(name, arguments...)
	if err := command.Start(); err != nil {
		return err
	}
	go func() { _ = command.Wait() }() // it may live as long as the browser
	return nil
}
