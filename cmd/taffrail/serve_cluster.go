package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/certs"
	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/confirm"
	"taffrail.dev/taffrail/internal/cluster/events"
	"taffrail.dev/taffrail/internal/cluster/leader"
	"taffrail.dev/taffrail/internal/names"
	"taffrail.dev/taffrail/internal/workload"
	"taffrail.dev/taffrail/webhook"
)

// drain is how long a server in a cluster goes on answering after it has said that it is not ready
// any more. Endpoints reach every node within a second or two; a Pod has 30 s to end.
const drain = 5 * time.Second

// surroundings are what a server needs of the world around it.
type surroundings struct {
	ready   func() error
	refused func(string, *guardrail.Decision)     // nil with no cluster
	confirm func(webhook.Claim, func(error)) bool // nil with no cluster, as there is nobody to ask
	run     []func(context.Context) error
	drain   time.Duration
}

// cluster says how to talk to the cluster, nil where there is none.
func (o *serveOptions) cluster(log logr.Logger) (*rest.Config, error) {
	config, err := cluster.Config(o.kubeconfig, version)
	switch {
	case errors.Is(err, cluster.ErrNone):
		if err := o.checkAlone(); err != nil {
			return nil, usage(err)
		}
		log.Info("no cluster: a namespaceSelector sees the label kubernetes.io/metadata.name and no other")
		return nil, nil
	case err != nil:
		return nil, usage(err)
	}
	log.Info("serving a cluster", "server", config.Host)
	return config, nil
}

// checkAlone finds flags that are about a cluster, where there is none.
func (o *serveOptions) checkAlone() error {
	switch {
	case o.webhookURL != "":
		return errors.New("--webhook-url goes with a cluster: give --kubeconfig too")
	case o.firstGuardrails != "":
		return errors.New("--first-guardrails goes with a cluster: give --kubeconfig too, or use --guardrails")
	case o.certificate.injectCAFrom != "":
		return errors.New("--inject-ca-from goes with a cluster: give --kubeconfig too")
	}
	return nil
}

func (o *serveOptions) surroundings(config *rest.Config, log logr.Logger, current *currentSet, source certs.Source) (*surroundings, error) {
	if config == nil {
		return o.alone(current)
	}
	s, err := o.inCluster(config, log, current, source)
	if exit := new(exitError); err != nil && !errors.As(err, &exit) {
		return nil, &exitError{exitFailed, err}
	}
	return s, err
}

// alone are the surroundings of a server without a cluster.
func (o *serveOptions) alone(current *currentSet) (*surroundings, error) {
	if err := current.load(); err != nil {
		return nil, usage(err)
	}
	return &surroundings{
		ready: func() error { return nil },
		run:   []func(context.Context) error{func(ctx context.Context) error { current.watch(ctx); return nil }},
	}, nil
}

// inCluster are the surroundings of a server of a cluster: its Namespaces and
// Pods, and its Guardrails unless there are files.
func (o *serveOptions) inCluster(config *rest.Config, log logr.Logger, current *currentSet, source certs.Source) (*surroundings, error) {
	namespaces, err := cluster.NewNamespaces(config)
	if err != nil {
		return nil, err
	}
	pods, err := cluster.NewPods(config)
	if err != nil {
		return nil, err
	}
	current.options.Cluster = workload.Cluster{Namespace: namespaces.Get, Pods: pods.List}
	questions, err := confirm.New(config, log)
	if err != nil {
		return nil, err
	}
	recorder, err := events.New(config, questions, log)
	if err != nil {
		return nil, err
	}
	s := &surroundings{
		drain: drain, refused: recorder.Refused, confirm: confirmBy(questions),
		run: []func(context.Context) error{namespaces.Start, questions.Run, recorder.Run},
	}
	var l *leader.Leader
	_, isManaged := source.(*certs.Managed)
	if o.guardrails == "" || isManaged { // with files, there is only the authority to be kept
		if l, err = o.leader(config, log, namespaces, source, recorder); err != nil {
			return nil, err
		}
		namespaces.WhenDeleted(ownNamespace(), l.NamespaceDeleted)
		s.run = append(s.run, l.Run)
	}
	if o.guardrails != "" {
		if err := current.load(); err != nil {
			return nil, usage(err)
		}
		s.run = append(s.run, func(ctx context.Context) error { current.watch(ctx); return nil })
	} else {
		guardrails, err := cluster.NewGuardrails(config)
		if err != nil {
			return nil, err
		}
		s.run = append(s.run, func(ctx context.Context) error { return current.follow(ctx, guardrails, l) })
	}
	s.ready = func() error {
		switch {
		case !namespaces.Synced():
			return errors.New("the Namespaces have not been read from the API server yet; does the NetworkPolicy let this Pod reach the port of the API server?")
		case current.get() == nil:
			return errors.New("the Guardrails have not been read from the API server yet; are the CRDs installed?")
		}
		_, err := source.GetCertificate(nil)
		return err
	}
	return s, nil
}

// leader takes part in elections.
func (o *serveOptions) leader(
	config *rest.Config, log logr.Logger, namespaces *cluster.Namespaces, source certs.Source, recorder *events.Recorder,
) (*leader.Leader, error) {
	options := leader.Options{
		Config: config, Namespace: ownNamespace(), Webhooks: o.webhooks(namespaces, source), Events: recorder, First: o.first, Log: log,
	}
	switch source := source.(type) {
	case *certs.Managed:
		options.Webhooks.NeedsCA = true
		options.Duty = func(ctx context.Context, l *leader.Leader) {
			source.Lead(ctx, certs.Clients{Trust: l.Trust, Changed: l.Refresh})
		}
	case *certs.Files:
		options.Duty = func(ctx context.Context, l *leader.Leader) { source.Lead(ctx, l.Refresh) }
	}
	return leader.New(options)
}

// webhooks are how the API server reaches this server. Outside of the cluster it must be told.
func (o *serveOptions) webhooks(namespaces *cluster.Namespaces, source certs.Source) leader.Webhooks {
	return leader.Webhooks{
		Managed:            o.webhookURL != "" || o.kubeconfig == "",
		URL:                strings.TrimSuffix(o.webhookURL, "/"),
		CABundle:           source.CABundle,
		InjectCAFrom:       o.certificate.injectCAFrom,
		ExcludedNamespaces: o.excludedNamespaces(),
		Owner: func(ctx context.Context) (*metav1.PartialObjectMetadata, error) {
			return namespaces.Get(ctx, ownNamespace())
		},
	}
}

// excludedNamespaces are those that are never matched: those of the flag, that
// which the Pod runs in, and those that always are.
func (o *serveOptions) excludedNamespaces() []string {
	return guardrail.ExcludedNamespaces(append([]string{ownNamespace()}, o.excludeNamespaces...)...)
}

// ownNamespace is the Namespace that the Pod runs in.
func ownNamespace() string {
	name, err := os.ReadFile("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
	if err != nil {
		return names.Namespace
	}
	return strings.TrimSpace(string(name))
}
