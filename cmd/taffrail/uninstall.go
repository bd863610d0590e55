package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"taffrail.dev/taffrail/internal/uninstall"
)

type uninstallOptions struct {
	kubeconfig, context string
	webhooksOnly        bool
	keepCRDs            bool
	yes                 bool
	timeout             time.Duration
}

func uninstallCommand(io streams) *cobra.Command {
	var o uninstallOptions
	cmd := &cobra.Command{
		Use:   "uninstall",
		Short: "Take Taffrail out of a cluster: what calls it first, the Namespace last",
		Long: "Take Taffrail out of a cluster. It prints what it deletes, in this order:\n\n" +
			"1. the leader's rights (ClusterRoleBindings taffrail-webhooks and taffrail-kits, RoleBindings\n" +
			"   taffrail-leader and taffrail-authority), so that no leader brings back what goes next;\n" +
			"2. what the leader has made: both webhook configurations, Lease taffrail-leader, Secret taffrail-ca.\n" +
			"   It sees that they stay away. From here on no request waits for Taffrail;\n" +
			"3. the Deployment and the rest of the Namespace, the CRDs with all Guardrails, Exemptions and\n" +
			"   NamespaceKits, the ClusterRoles, and the Namespace. What kits have made stays, or goes with\n" +
			"   them, as their onDelete says.\n\n" +
			"--webhooks-only ends after 2. It switches Taffrail off in an emergency; applying the installation\n" +
			"again switches it on.\n\n" +
			"It works with no Pod running, with the Namespace gone, and twice.\n\n" +
			"Exit code: 0 nothing is left, 1 something could not be deleted, 2 bad usage, or not confirmed.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if o.webhooksOnly && o.keepCRDs {
				return usage(errors.New("--webhooks-only deletes no CRDs: leave out --keep-crds"))
			}
			config, err := connect(o.kubeconfig, o.context)
			if err != nil {
				return usage(err)
			}
			remover, err := uninstall.New(config, io.out)
			if err != nil {
				return usage(err)
			}
			return o.run(cmd.Context(), io, remover)
		},
	}
	clusterFlags(cmd, &o.kubeconfig, &o.context)
	flags := cmd.Flags()
	flags.BoolVar(&o.webhooksOnly, "webhooks-only", false, "delete the leader's rights and what it has made, the webhook configurations above all, and nothing else")
	flags.BoolVar(&o.keepCRDs, "keep-crds", false, "leave the CRDs, and with them all Guardrails, Exemptions and NamespaceKits")
	flags.BoolVar(&o.yes, "yes", false, "do not ask before Guardrails, Exemptions and NamespaceKits are deleted")
	flags.DurationVar(&o.timeout, "timeout", time.Minute, "how long to wait for the Namespace to be gone")
	return cmd
}

func (o *uninstallOptions) run(ctx context.Context, io streams, remover *uninstall.Remover) error {
	if err := o.confirm(ctx, io, remover); err != nil {
		return usage(err)
	}
	err := remover.Webhooks(ctx)
	if !o.webhooksOnly {
		err = errors.Join(err, remover.Rest(ctx, uninstall.Options{KeepDefinitions: o.keepCRDs, Timeout: o.timeout}))
	}
	if remover.Helm() {
		fmt.Fprintln(io.out, "it was installed with Helm: `helm uninstall` as well, or Helm will think that it is there")
	}
	switch {
	case err != nil:
		return &exitError{exitFailed, fmt.Errorf("not all could be deleted:\n- %s", strings.ReplaceAll(err.Error(), "\n", "\n- "))}
	case remover.Deleted == 0:
		fmt.Fprintln(io.out, "nothing of Taffrail is in this cluster")
	}
	return nil
}

// confirm asks before what people have written is destroyed.
func (o *uninstallOptions) confirm(ctx context.Context, io streams, remover *uninstall.Remover) error {
	if o.webhooksOnly || o.keepCRDs || o.yes {
		return nil
	}
	guardrails, exemptions, kits, err := remover.Written(ctx)
	if err != nil {
		return fmt.Errorf("see what would be lost: %w; --keep-crds keeps it, --yes deletes it", err)
	}
	if guardrails+exemptions+kits == 0 {
		return nil
	}
	lost := fmt.Sprintf("%d Guardrails and %d Exemptions", guardrails, exemptions)
	if kits > 0 {
		lost = fmt.Sprintf("%d Guardrails, %d Exemptions and %d NamespaceKits, with what those remove", guardrails, exemptions, kits)
	}
	if in, ok := io.in.(*os.File); ok && term.IsTerminal(int(in.Fd())) {
		fmt.Fprintf(io.err, "This deletes %s as well (--keep-crds keeps them). Type yes: ", lost)
		answer, _ := bufio.NewReader(in).ReadString('\n') // what cannot be read is no yes
		if strings.TrimSpace(answer) == "yes" {
			return nil
		}
		return errors.New("not confirmed: nothing was deleted")
	}
	return fmt.Errorf("it would delete %s: say --yes, or --keep-crds to keep them; `kubectl get guardrails,exemptions -A -o yaml` saves them; nothing was deleted", lost)
}
