package main

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/install"
)

func installCommand(io streams) *cobra.Command {
	var choices install.Choices
	var guardrails, kits string
	cmd := &cobra.Command{
		Use:   "install",
		Short: "Print the manifests of an installation, for kubectl apply",
		Long: "Print the manifests of an installation, for kubectl apply. Applied again they change what is there: that is an\n" +
			"upgrade too. The webhook configurations are not among them: the replica that leads keeps them.",
		Example: "  taffrail install | kubectl apply -f -\n" +
			"  taffrail install --high-availability --image registry.example.com/taffrail:" + version + " | kubectl apply --server-side -f -\n" +
			"  taffrail install --guardrails deploy/guardrails/restricted.yaml --exclude-namespaces calico-system > taffrail.yaml",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if guardrails != "" {
				var err error
				if choices.Guardrails, err = files.Load(guardrails); err != nil {
					return usage(err)
				}
			}
			if kits != "" {
				loaded, err := files.Read(kits)
				if err == nil && len(loaded.Kits) == 0 {
					err = fmt.Errorf("--kits %s: holds no NamespaceKit", kits)
				}
				if err != nil {
					return usage(err)
				}
				choices.Kits = loaded.Kits
			}
			objects, err := install.Objects(choices)
			if err != nil {
				return usage(err)
			}
			var manifests bytes.Buffer // all or nothing: kubectl reads along
			fmt.Fprintf(&manifests, "# %s (%s)\n", invocation(cmd), version)
			if err := install.Write(&manifests, objects); err != nil {
				return &exitError{exitFailed, err}
			}
			if _, err := manifests.WriteTo(io.out); err != nil {
				return &exitError{exitFailed, fmt.Errorf("printing the manifests: %w", err)}
			}
			if !cmd.Flags().Changed("image") {
				fmt.Fprintf(io.err, "every node must be able to pull the image %s: name yours with --image, with its registry\n", choices.Image)
			}
			return nil
		},
	}
	flags := cmd.Flags()
	choices.TLS = install.Managed
	chooseVar(cmd, &choices.TLS, "tls", "", "where the serving certificate comes from: managed (the leader keeps an authority), cert-manager (which must be installed), or files (the Secret taffrail-serving-cert, which is yours)",
		install.Managed, install.CertManager, install.Files)
	flags.StringVar(&choices.Image, "image", "taffrail:"+version, "the image, as the nodes pull it: with its registry, and with its tag or better its digest")
	flags.BoolVar(&choices.HighAvailability, "high-availability", false, "three replicas instead of two, and two of the audit instead of one")
	flags.BoolVar(&choices.Autoscaling, "autoscaling", false, "as many replicas as the load asks for, up to ten; needs metrics-server")
	flags.BoolVar(&choices.Monitoring, "monitoring", false, "add what Prometheus' operator and Grafana look for; the operator must be installed")
	flags.BoolVar(&choices.Audit, "audit", false, "add the audit of what is already there: reports, metrics and a page, by a Deployment of its own")
	flags.StringVar(&kits, "kits", "", "a file or a directory of NamespaceKits: add their definition and the rights to make what they say; apply the kits themselves afterwards")
	flags.BoolVar(&choices.Static, "static", false, "add the webhook configurations, which the leader then leaves alone but for the caBundle; they send what the guardrails given here look at")
	flags.StringSliceVar(&choices.ExcludeNamespaces, "exclude-namespaces", nil, "namespaces that are never matched, besides "+strings.Join(guardrail.DefaultExcludedNamespaces, ", ")+"; those of your CNI and storage, for example")
	flags.StringVar(&choices.BreakGlassGroup, "break-glass-group", "", "a group of users whose requests are never refused; they are warned, annotated and counted")
	flags.BoolVar(&choices.ClientCA, "client-ca", false, "take reviews of the API server alone: of clients with a certificate of the authority in ca.crt of the ConfigMap taffrail-client-ca, which is yours; the API server must show one first")
	flags.StringVar(&choices.ClientName, "client-name", "", "with --client-ca, the name that the API server's certificate must have; left out, any")
	flags.StringSliceVar(&choices.APIServerAddresses, "api-server-addresses", nil, "ranges of addresses that reviews may come from, for the NetworkPolicy: all that the API server calls from, or nothing is let in any more; left out, from anywhere")
	flags.StringVar(&choices.TracingEndpoint, "tracing-endpoint", "", "a collector to send traces of reviews to, by OTLP over HTTP: host:port, http://host:port or https://host:port; the NetworkPolicy lets them out to its port and to DNS; left out, none are sent")
	flags.StringVar(&guardrails, "guardrails", "", "a file or a directory of Guardrails to start with; left out, the built-in default")
	return cmd
}

// invocation is what was typed, in one form.
func invocation(cmd *cobra.Command) string {
	words := []string{cmd.CommandPath()}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		value := f.Value.String()
		if list, is := f.Value.(pflag.SliceValue); is {
			value = strings.Join(list.GetSlice(), ",")
		}
		switch {
		case !f.Changed && f.Name != "tls", value == "false":
		case value == "true":
			words = append(words, "--"+f.Name)
		case strings.ContainsFunc(value, func(r rune) bool { return r == ' ' || !unicode.IsPrint(r) }):
			words = append(words, "--"+f.Name+"="+strconv.Quote(value)) // a comment has one line
		default:
			words = append(words, "--"+f.Name+"="+value)
		}
	})
	return strings.Join(words, " ")
}
