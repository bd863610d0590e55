package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"k8s.io/klog/v2"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/certs"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/resident"
	"taffrail.dev/taffrail/webhook"
)

type serveOptions struct {
	bindAddress        string
	metricsBindAddress string
	healthBindAddress  string
	guardrails         string
	kubeconfig         string
	webhookURL         string
	firstGuardrails    string
	first              []v1alpha1.Guardrail // what is in there
	certificate        certificateOptions
	senders            senderOptions
	record             recordOptions
	tracing            tracingOptions
	excludeNamespaces  []string
	breakGlassGroup    string
	kits               bool
	logLevel           string
	logFormat          string
}

func serveCommand(io streams) *cobra.Command {
	var o serveOptions
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the webhook server",
		Long: "Run the webhook server. With no flags and no cluster it serves the built-in default guardrail\n" +
			"on a self-signed certificate.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.checkAddresses(); err != nil {
				return usage(err)
			}
			if err := o.certificate.check(cmd, o.kubeconfig == "" && cluster.InPod()); err != nil {
				return usage(err)
			}
			if err := o.senders.check(); err != nil {
				return usage(err)
			}
			if err := o.record.check(cmd); err != nil {
				return usage(err)
			}
			if err := o.tracing.check(); err != nil {
				return usage(err)
			}
			if err := o.readFirst(); err != nil {
				return usage(err)
			}
			return o.serve(cmd.Context(), newLogger(io.err, o.logLevel, o.logFormat))
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.bindAddress, "bind-address", ":9443", "where AdmissionReviews are taken, over TLS")
	flags.StringVar(&o.metricsBindAddress, "metrics-bind-address", ":8080", `where /metrics is served; "0" switches it off`)
	flags.StringVar(&o.healthBindAddress, "health-probe-bind-address", ":8081", `where /healthz and /readyz are served; "0" switches them off`)
	flags.StringVar(&o.guardrails, "guardrails", "", "a file or a directory of Guardrails and Exemptions, read again when it changes; left out, those of the cluster, or without one the built-in default")
	flags.StringVar(&o.firstGuardrails, "first-guardrails", "", "a file or a directory of Guardrails that are made in the cluster once, when it first has a leader and no Guardrail at all")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "the cluster to serve; left out, the one that taffrail runs in, if any")
	flags.StringVar(&o.webhookURL, "webhook-url", "", "where the API server reaches this server, when that is not the Service in the cluster: https://host:port")
	o.certificate.addFlags(cmd)
	o.senders.addFlags(cmd)
	flags.StringSliceVar(&o.excludeNamespaces, "exclude-namespaces", nil, "namespaces that are never matched, besides "+strings.Join(guardrail.DefaultExcludedNamespaces, ", ")+"; those of your CNI and storage, for example")
	flags.StringVar(&o.breakGlassGroup, "break-glass-group", "", "a group of users whose requests are never refused; they are warned, annotated and counted")
	flags.BoolVar(&o.kits, "kits", false, "furnish Namespaces with what the NamespaceKits of the cluster say; taffrail install --kits prints the definition and the rights that it takes")
	o.record.addFlags(cmd)
	o.tracing.addFlags(cmd)
	o.logLevel = "info"
	chooseVar(cmd, &o.logLevel, "log-level", "", "debug, info or error; debug has a line for every review", "debug", "info", "error")
	chooseVar(cmd, &o.logFormat, "log-format", "", "json or console; left out, console on a terminal and json elsewhere", "json", "console")
	return cmd
}

// checkAddresses finds what is no address before anything is begun.
func (o *serveOptions) checkAddresses() error {
	for flag, address := range map[string]string{
		"--bind-address": o.bindAddress, "--metrics-bind-address": o.metricsBindAddress, "--health-probe-bind-address": o.healthBindAddress,
	} {
		if address == "0" && flag != "--bind-address" {
			continue
		}
		if err := checkAddress(flag, address); err != nil {
			return err
		}
	}
	return nil
}

func checkAddress(flag, address string) error {
	_, port, err := net.SplitHostPort(address)
	if number, wrong := strconv.Atoi(port); err != nil || wrong != nil || number < 1 || number > 65535 {
		return fmt.Errorf("%s %q: must be host:port or :port, with a port from 1 to 65535", flag, address)
	}
	return nil
}

// serve is the server: what it needs, in the order that it needs it.
func (o *serveOptions) serve(ctx context.Context, log logr.Logger) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ctrllog.SetLogger(log)
	klog.SetLogger(log)
	resident.CollectSeldom()
	resident.FollowContainer(ctx, log)

	config, err := o.cluster(log)
	if err != nil {
		return err
	}
	source, err := o.certificate.source(config, o.webhookURL, log)
	if err != nil {
		return err
	}
	senders, err := o.senders.read(log)
	if err != nil {
		return err
	}
	recorder, err := o.record.open(log)
	if err != nil {
		return err
	}
	tracer, err := o.tracing.open(ctrlmetrics.Registry, log)
	if err != nil {
		return err
	}
	metrics := webhook.NewMetrics(ctrlmetrics.Registry)
	registerBuildInfo(ctrlmetrics.Registry)
	registerProcess(ctrlmetrics.Registry)
	registerExpiry(ctrlmetrics.Registry, source, senders)
	surroundings, err := o.surroundings(config, source, metrics, log)
	if err != nil {
		return err
	}
	registerExemptions(ctrlmetrics.Registry, surroundings.set.get)
	server := &webhook.Server{
		Address: o.bindAddress, HealthAddress: o.healthBindAddress, MetricsAddress: o.metricsBindAddress,
		TLS: certs.TLSConfig(source),
		Handler: &webhook.Handler{
			Set: surroundings.set.get, Metrics: metrics, Log: log, BreakGlassGroup: o.breakGlassGroup,
			Refused: surroundings.refused, Confirm: surroundings.confirm, Holds: surroundings.holds,
		},
		Metrics: ctrlmetrics.Registry,
		Ready:   surroundings.ready,
		Drain:   surroundings.drain,
		Log:     log,
	}

	webhook.LogTo(log)
	runnables := append(surroundings.behind,
		runnable{"renewing the serving certificate", source.Start},
		runnable{"giving back the memory of the start", func(ctx context.Context) error {
			return giveBack(ctx, func() bool { return surroundings.ready() == nil }, log)
		}},
	)
	if senders != nil {
		runnables = append(runnables, runnable{"following the authorities of senders", senders.Start})
		server.TLS = func(config *tls.Config) {
			certs.TLSConfig(source)(config)
			senders.Configure(config)
		}
		// What the API server says needs no confirmation.
		server.Handler.Senders, server.Handler.Confirm = senders.Check, nil
	}

	if recorder != nil {
		runnables = append(runnables, runnable{"recording reviews", recorder.Run})
		server.Handler.Record = recorder.Take
	}

	if tracer != nil {
		runnables = append(runnables, runnable{"sending traces", tracer.Run})
		server.Handler.Tracer = tracer
	}

	// What stands behind the server lives as long as it drains.
	behind, stop := context.WithCancel(context.WithoutCancel(ctx))
	group, behind := errgroup.WithContext(behind)
	start(behind, group, runnables)
	context.AfterFunc(behind, cancel)
	err = server.Run(ctx)
	stop()
	if err := errors.Join(nameFlag(err), group.Wait()); err != nil {
		return &exitError{exitFailed, err}
	}
	return nil
}
