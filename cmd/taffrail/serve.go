package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"k8s.io/klog/v2"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"taffrail.dev/taffrail/certs"
	"taffrail.dev/taffrail/cluster"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/webhook"
)

// drain is how long a server in a cluster goes on answering after it has said
// that it is not ready any more. Endpoints reach every node within a second or
// two; a Pod has 30 s to end.
const drain = 5 * time.Second

type serveOptions struct {
	bindAddress        string
	metricsBindAddress string
	healthBindAddress  string
	guardrails         string
	kubeconfig         string
	tls                string
	certDir            string
	writeCA            string
	excludeNamespaces  []string
	breakGlassGroup    string
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
			log, err := newLogger(io.err, o.logLevel, o.logFormat)
			if err != nil {
				return usage(err)
			}
			return o.serve(cmd.Context(), log)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.bindAddress, "bind-address", ":9443", "where AdmissionReviews are taken, over TLS")
	flags.StringVar(&o.metricsBindAddress, "metrics-bind-address", ":8080", `where /metrics is served; "0" switches it off`)
	flags.StringVar(&o.healthBindAddress, "health-probe-bind-address", ":8081", `where /healthz and /readyz are served; "0" switches them off`)
	flags.StringVar(&o.guardrails, "guardrails", "", "a file or a directory of Guardrails and Exemptions, read again when it changes; the built-in default when left out")
	flags.StringVar(&o.kubeconfig, "kubeconfig", "", "the cluster to look up Namespaces in; left out, the cluster that taffrail runs in, if any")
	flags.StringVar(&o.tls, "tls", "self-signed", "where the serving certificate comes from: self-signed (for localhost, in memory) or files")
	flags.StringVar(&o.certDir, "cert-dir", "/etc/taffrail/tls", "the directory of tls.crt and tls.key, with --tls files")
	flags.StringVar(&o.writeCA, "write-ca", "", "write the certificate of the authority to this file, with --tls self-signed")
	flags.StringSliceVar(&o.excludeNamespaces, "exclude-namespaces", guardrail.DefaultExcludedNamespaces, "namespaces that are never matched; add those of your CNI and storage")
	flags.StringVar(&o.breakGlassGroup, "break-glass-group", "", "a group of users whose requests are never refused; they are warned, annotated and counted")
	flags.StringVar(&o.logLevel, "log-level", "info", "debug, info or error; debug has a line for every review")
	flags.StringVar(&o.logFormat, "log-format", "", "json or console; left out, console on a terminal and json elsewhere")
	return cmd
}

// serve is the server: what it needs, in the order that it needs it.
func (o *serveOptions) serve(ctx context.Context, log logr.Logger) error {
	ctrllog.SetLogger(log)
	klog.SetLogger(log)

	source, err := o.certificate(log)
	if err != nil {
		return err
	}
	namespaces, err := o.namespaces(log)
	if err != nil {
		return err
	}
	options := guardrail.Options{ExcludedNamespaces: o.excludeNamespaces}
	if namespaces != nil {
		options.Namespace = namespaces.Get
	}
	metrics := webhook.NewMetrics(ctrlmetrics.Registry)
	registerBuildInfo(ctrlmetrics.Registry)
	registerExpiry(ctrlmetrics.Registry, source)
	current := &currentSet{path: o.guardrails, options: options, metrics: metrics, log: log}
	if err := current.load(); err != nil {
		return usage(err)
	}
	server := &webhook.Server{
		Address: o.bindAddress, HealthAddress: o.healthBindAddress, MetricsAddress: o.metricsBindAddress,
		TLS:     certs.TLSConfig(source),
		Handler: &webhook.Handler{Set: current.get, Metrics: metrics, Log: log, BreakGlassGroup: o.breakGlassGroup},
		Metrics: ctrlmetrics.Registry,
		Ready:   func() error { return nil },
		Log:     log,
	}
	if namespaces != nil {
		server.Drain = drain
		server.Ready = func() error {
			if !namespaces.Synced() {
				return errors.New("the Namespaces have not been read from the API server yet")
			}
			return nil
		}
	}

	// What stands behind the server lives as long as it drains.
	behind, stop := context.WithCancel(context.WithoutCancel(ctx))
	group, behind := errgroup.WithContext(behind)
	group.Go(func() error { return source.Start(behind) })
	group.Go(func() error { current.watch(behind); return nil })
	if namespaces != nil {
		group.Go(func() error { return namespaces.Start(behind) })
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	context.AfterFunc(behind, cancel)
	err = server.Run(ctx)
	stop()
	if err := errors.Join(err, group.Wait()); err != nil {
		return &exitError{exitFailed, err}
	}
	return nil
}

func (o *serveOptions) certificate(log logr.Logger) (certs.Source, error) {
	switch o.tls {
	case "self-signed":
		source, err := certs.NewSelfSigned()
		if err == nil && o.writeCA != "" {
			err = source.WriteCA(o.writeCA)
		}
		if err != nil {
			return nil, &exitError{exitFailed, err}
		}
		return source, nil
	case "files":
		if o.writeCA != "" {
			return nil, usage(errors.New("--write-ca goes with --tls self-signed: with --tls files the authority is yours"))
		}
		source, err := certs.NewFiles(o.certDir, log)
		if err != nil {
			return nil, &exitError{exitFailed, err}
		}
		return source, nil
	case "managed":
		return nil, usage(errors.New("--tls managed: not in this version; use --tls files with a Secret, made by cert-manager for example"))
	default:
		return nil, usage(fmt.Errorf("--tls %q: must be self-signed or files", o.tls))
	}
}

// namespaces are those of the cluster, or nil where there is none.
func (o *serveOptions) namespaces(log logr.Logger) (*cluster.Namespaces, error) {
	config, err := cluster.Config(o.kubeconfig, version)
	if errors.Is(err, cluster.ErrNone) {
		log.Info("no cluster: a namespaceSelector sees the label kubernetes.io/metadata.name and no other")
		return nil, nil
	}
	if err != nil {
		return nil, usage(err)
	}
	log.Info("reading Namespaces from the cluster", "server", config.Host)
	namespaces, err := cluster.NewNamespaces(config)
	if err != nil {
		return nil, &exitError{exitFailed, err}
	}
	return namespaces, nil
}
