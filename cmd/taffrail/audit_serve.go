package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
	"k8s.io/klog/v2"
	ctrllog "sigs.k8s.io/controller-runtime/pkg/log"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"taffrail.dev/taffrail/certs"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/access"
	"taffrail.dev/taffrail/internal/audit"
	"taffrail.dev/taffrail/internal/auditserver"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/election"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/page"
	"taffrail.dev/taffrail/internal/policyreport"
	"taffrail.dev/taffrail/internal/resident"
)

// auditServeOptions are how an audit is served.
type auditServeOptions struct {
	on                 bool
	bindAddress        string
	metricsBindAddress string
	healthBindAddress  string
	writeReports       bool
	reportInterval     time.Duration
	logLevel           string
	logFormat          string
}

// withServe are the flags that go with --serve alone, withoutServe those that do not go with it.
var (
	withServe    = []string{"bind-address", "metrics-bind-address", "health-probe-bind-address", "write-reports", "report-interval", "log-level", "log-format"}
	withoutServe = []string{"output", "fail-on", "color"}
)

func (o *auditServeOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&o.on, "serve", false, "evaluate what changes too, until it is ended, and serve a page: on this machine alone or, in a cluster, for those whom the API server lets read it")
	flags.StringVar(&o.bindAddress, "bind-address", "", "with --serve, where the page is; left out, 127.0.0.1:8080 or, in a Pod, :8443. Where it is no loopback address the page is served over TLS, and needs a token")
	flags.StringVar(&o.metricsBindAddress, "metrics-bind-address", "", `with --serve, where /metrics is served; left out, nowhere or, in a Pod, :8080; "0" switches it off`)
	flags.StringVar(&o.healthBindAddress, "health-probe-bind-address", "", `with --serve, where /healthz and /readyz are served; left out, nowhere or, in a Pod, :8081; "0" switches them off`)
	flags.BoolVar(&o.writeReports, "write-reports", false, "with --serve, write reports into the cluster, where it serves openreports.io or wgpolicyk8s.io, from the one replica that holds a Lease; left out, in a Pod alone")
	flags.DurationVar(&o.reportInterval, "report-interval", 30*time.Second, "with --serve, how long a report is left alone after it was written")
	o.logLevel = "info"
	chooseVar(cmd, &o.logLevel, "log-level", "", "with --serve: debug, info or error", "debug", "info", "error")
	chooseVar(cmd, &o.logFormat, "log-format", "", "with --serve: json or console; left out, console on a terminal and json elsewhere", "json", "console")
}

// check finds flags that do not go together, and what is no address.
func (o *auditServeOptions) check(cmd *cobra.Command) error {
	wrong, say := withServe, "--%s goes with --serve"
	if o.on {
		wrong, say = withoutServe, "--%s does not go with --serve, which prints nothing and does not end by itself"
	}
	for _, flag := range wrong {
		if cmd.Flags().Changed(flag) {
			return fmt.Errorf(say, flag)
		}
	}
	if o.reportInterval < time.Second {
		return fmt.Errorf("--report-interval %s: must be at least a second", o.reportInterval)
	}
	for flag, address := range map[string]string{
		"--bind-address": o.bindAddress, "--metrics-bind-address": o.metricsBindAddress, "--health-probe-bind-address": o.healthBindAddress,
	} {
		if address == "" || address == "0" && flag != "--bind-address" {
			continue
		}
		if err := checkAddress(flag, address); err != nil {
			return err
		}
	}
	return nil
}

// settle says where to serve what, and whether to write, where that was left out.
func (o *auditServeOptions) settle(cmd *cobra.Command, ofPod bool) {
	if !cmd.Flags().Changed("write-reports") {
		o.writeReports = ofPod
	}
	settle := func(address *string, elsewhere, inPod string) {
		switch {
		case *address == "" && ofPod:
			*address = inPod
		case *address == "":
			*address = elsewhere
		}
	}
	settle(&o.bindAddress, "127.0.0.1:8080", ":8443")
	settle(&o.metricsBindAddress, "0", ":8080")
	settle(&o.healthBindAddress, "0", ":8081")
}

// serve evaluates what is there, follows it, and serves what it finds, until the context ends.
func (o *auditOptions) serve(cmd *cobra.Command, io streams) error {
	log := newLogger(io.err, o.live.logLevel, o.live.logFormat)
	ctrllog.SetLogger(log)
	klog.SetLogger(log)
	ctx, cancel := context.WithCancel(cmd.Context())
	defer cancel()
	resident.CollectSeldom()
	resident.FollowContainer(ctx, log)
	options := audit.LiveOptions{Options: audit.Options{ExcludedNamespaces: guardrail.ExcludedNamespaces(o.excluded...), Stored: true}}
	if o.guardrails != "" {
		objects, err := files.Load(o.guardrails)
		if err != nil {
			return usage(err)
		}
		options.Guardrails, options.Stored = objects, false
	}
	config, ofPod, err := ask(io, o.kubeconfig, o.context)
	if err != nil {
		return usage(err)
	}
	o.live.settle(cmd, ofPod)
	if !o.live.writeReports { // in its own cluster it says what the webhook does, which without a Guardrail is nothing
		options.Fallback = guardrail.Default()
	}
	from, err := reach(config)
	if err != nil {
		return usage(err)
	}
	live := audit.NewLive(from, options)
	shown := page.New(page.Options{Cluster: config.Host, Preview: preview(from, options), Report: func() *audit.Report {
		if !live.Ready() { // an empty page would say that all is well
			return nil
		}
		return live.Report()
	}})
	server, err := o.live.server(config, live, shown, log)
	if err != nil {
		return &exitError{exitFailed, err}
	}
	registerBuildInfo(ctrlmetrics.Registry)
	registerProcess(ctrlmetrics.Registry)
	ctrlmetrics.Registry.MustRegister(auditserver.NewCollector(live))
	runnables := []runnable{
		{"evaluating what is there", live.Run},
		{"telling what could not be looked at", func(ctx context.Context) error { return auditserver.Tell(ctx, live, log) }},
		{"noting the score", shown.Run},
		{"giving back the memory of the start", func(ctx context.Context) error { return giveBack(ctx, live.Ready, log) }},
		{"serving what is found", server.Run},
	}
	if o.live.writeReports {
		reports, err := o.live.reports(config, live, log)
		if err != nil {
			return &exitError{exitFailed, err}
		}
		runnables = append(runnables, reports)
	}
	group, ctx := errgroup.WithContext(ctx)
	start(ctx, group, runnables)
	if err := group.Wait(); err != nil {
		return &exitError{exitFailed, nameFlag(err)}
	}
	return nil
}

// reports writes the reports of what an audit finds, from the one replica that leads.
func (o *auditServeOptions) reports(config *rest.Config, live *audit.Live, log logr.Logger) (runnable, error) {
	clients := cluster.NewClients(config)
	client, err := clients.Unversioned()
	if err != nil {
		return runnable{}, err
	}
	writer := policyreport.NewWriter(client, policyreport.Options{Every: o.reportInterval, Log: log})
	ctrlmetrics.Registry.MustRegister(auditserver.NewReportCollector(writer))
	leases, err := clients.Leases()
	if err != nil {
		return runnable{}, err
	}
	candidate, err := election.New(election.Options{
		Leases: leases, Namespace: ownNamespace(), Lease: names.Audit,
		Lead: func(ctx context.Context) {
			log.Info("this replica writes the reports")
			if err := writer.Run(ctx, live); err != nil {
				log.Error(err, "no longer writing reports")
			}
		},
		Lost: func() { log.Info("this replica no longer writes the reports") },
	})
	return runnable{"writing reports", candidate.Run}, err
}

// server serves what an audit finds to whoever may read it.
func (o *auditServeOptions) server(config *rest.Config, live *audit.Live, shown http.Handler, log logr.Logger) (*auditserver.Server, error) {
	server := &auditserver.Server{
		Address: o.bindAddress, HealthAddress: o.healthBindAddress, MetricsAddress: o.metricsBindAddress,
		Metrics: ctrlmetrics.Registry,
		Ready: func() error {
			if !live.Ready() {
				return errors.New("what is there has not been evaluated once yet; does the NetworkPolicy let this Pod reach the port of the API server?")
			}
			return nil
		},
	}
	views := http.NewServeMux()
	views.Handle("/", shown)
	views.Handle("GET /report.json", auditserver.Report(live))
	host, _, err := net.SplitHostPort(o.bindAddress)
	if err != nil {
		return nil, err
	}
	if access.IsLoopback(host) {
		log.Info("the page is for this machine", "url", "http://"+o.bindAddress)
		server.Page = access.Local(views)
		return server, nil
	}
	// A limit of its own: readers must not keep the audit from following, nor the other way around.
	reviews, err := cluster.NewClients(config).Limited(10, 20).Unversioned()
	if err != nil {
		return nil, err
	}
	source, err := certs.NewSelfSigned()
	if err != nil {
		return nil, err
	}
	log.Info("the page is for whom the API server lets read it", "address", o.bindAddress, "nonResourceURL", names.AuditPath)
	server.TLS, server.Page = certs.TLSConfig(source), access.NewFilter(reviews, names.AuditPath, log).Wrap(views)
	return server, nil
}
