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
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

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
	set     *currentSet
	ready   func() error
	refused func(string, *guardrail.Decision)     // nil with no cluster
	confirm func(webhook.Claim, func(error)) bool // nil with no cluster, as there is nobody to ask
	holds   func(context.Context, string) string  // nil without kits
	behind  []runnable
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
	if err := o.checkWebhookURL(log); err != nil {
		return nil, usage(err)
	}
	log.Info("serving a cluster", "server", config.Host)
	return config, nil
}

// checkWebhookURL: with Guardrails in files the webhook configurations are not Taffrail's to keep, so
// that there is nothing to write the URL into.
func (o *serveOptions) checkWebhookURL(log logr.Logger) error {
	switch {
	case o.webhookURL == "" || o.guardrails == "":
	case o.certificate.tls == tlsManaged:
		log.Info("the webhook configurations are yours to keep, as --guardrails is given: the host of --webhook-url is a name of the serving certificate, and nothing else")
	default:
		return errors.New("--webhook-url goes with Guardrails in the cluster: with --guardrails the webhook configurations are yours to keep, URL included")
	}
	return nil
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
	case o.kits:
		return errors.New("--kits goes with a cluster: give --kubeconfig too")
	}
	return nil
}

// surroundings are those of a cluster, or of a server alone where config is nil.
func (o *serveOptions) surroundings(
	config *rest.Config, source certs.Source, metrics *webhook.Metrics, log logr.Logger,
) (*surroundings, error) {
	if config == nil {
		return o.alone(metrics, log)
	}
	s, err := o.inCluster(config, source, metrics, log)
	if exit := new(exitError); err != nil && !errors.As(err, &exit) {
		return nil, &exitError{exitFailed, err}
	}
	return s, err
}

// alone are the surroundings of a server without a cluster.
func (o *serveOptions) alone(metrics *webhook.Metrics, log logr.Logger) (*surroundings, error) {
	set := newCurrentSet(o.guardrails, guardrail.Options{ExcludedNamespaces: o.excludedNamespaces()}, metrics, log)
	if err := set.load(); err != nil {
		return nil, usage(err)
	}
	return &surroundings{
		set:    set,
		ready:  func() error { return nil },
		behind: []runnable{{"watching the files of Guardrails", set.watch}},
	}, nil
}

// inCluster are the surroundings of a server of a cluster: its Namespaces and
// Pods, and its Guardrails unless there are files.
func (o *serveOptions) inCluster(
	config *rest.Config, source certs.Source, metrics *webhook.Metrics, log logr.Logger,
) (*surroundings, error) {
	namespaces, err := cluster.NewNamespaces(config)
	if err != nil {
		return nil, err
	}
	pods, err := cluster.NewPods(config)
	if err != nil {
		return nil, err
	}
	questions, err := confirm.New(config, log)
	if err != nil {
		return nil, err
	}
	recorder, err := events.New(config, questions, log)
	if err != nil {
		return nil, err
	}
	set := newCurrentSet(o.guardrails, guardrail.Options{
		ExcludedNamespaces: o.excludedNamespaces(),
		Cluster:            workload.Cluster{Namespace: namespaces.Get, Pods: pods.List},
	}, metrics, log)
	furnishing, err := o.furnishing(config, namespaces, recorder, log)
	if err != nil {
		return nil, err
	}
	l, err := o.leader(config, namespaces, source, recorder, furnishing, log)
	if err != nil {
		return nil, err
	}
	guardrails, err := o.follow(config, set, l)
	if err != nil {
		return nil, err
	}
	behind := []runnable{
		{"reading Namespaces", namespaces.Start},
		{"asking the API server about reviews", questions.Run},
		{"writing Events", recorder.Run},
		guardrails,
	}
	if l != nil {
		registerOverruled(ctrlmetrics.Registry, l.Overruled)
		namespaces.WhenDeleted(ownNamespace(), l.NamespaceDeleted)
		behind = append(behind, runnable{"taking part in the election of a leader", l.Run})
	}
	s := &surroundings{
		set:     set,
		ready:   func() error { return ready(namespaces, set, source) },
		refused: recorder.Refused,
		confirm: confirmBy(questions),
		behind:  behind,
		drain:   drain,
	}
	furnishing.follow(s)
	return s, nil
}

// follow keeps the set to the Guardrails of the files, or of the cluster where there are none.
func (o *serveOptions) follow(config *rest.Config, set *currentSet, l *leader.Leader) (runnable, error) {
	if o.guardrails != "" {
		if err := set.load(); err != nil {
			return runnable{}, usage(err)
		}
		return runnable{"watching the files of Guardrails", set.watch}, nil
	}
	guardrails, err := cluster.NewGuardrails(config)
	if err != nil {
		return runnable{}, err
	}
	return runnable{"reading Guardrails", func(ctx context.Context) error { return set.follow(ctx, guardrails, l) }}, nil
}

// ready tells what the server lacks before it can evaluate reviews.
func ready(namespaces *cluster.Namespaces, set *currentSet, source certs.Source) error {
	switch {
	case !namespaces.Synced():
		return errors.New("the Namespaces have not been read from the API server yet; does the NetworkPolicy let this Pod reach the port of the API server?")
	case set.get() == nil:
		return errors.New("the Guardrails have not been read from the API server yet; are the CRDs installed?")
	}
	_, err := source.GetCertificate(nil)
	return err
}

// leader takes part in elections. It is nil where there is nothing to lead: with Guardrails in
// files there is only an authority to be kept.
func (o *serveOptions) leader(
	config *rest.Config, namespaces *cluster.Namespaces, source certs.Source, recorder *events.Recorder, kits *furnishing, log logr.Logger,
) (*leader.Leader, error) {
	led, _ := source.(certs.Led)
	keepsAuthority := led != nil && led.KeepsAuthority()
	if o.guardrails != "" && !keepsAuthority && kits == nil {
		return nil, nil
	}
	options := leader.Options{
		Config: config, Namespace: ownNamespace(), Webhooks: o.webhooks(namespaces, source), Events: recorder, First: o.first, Log: log,
	}
	options.Webhooks.NeedsCA = keepsAuthority
	if led != nil {
		options.Duty = func(ctx context.Context, l *leader.Leader) {
			led.Lead(ctx, certs.Clients{Trust: l.Trust, Changed: l.Refresh})
		}
	}
	return kits.lead(options)
}

// webhooks are how the API server reaches this server. Outside of the cluster it must be told.
func (o *serveOptions) webhooks(namespaces *cluster.Namespaces, source certs.Source) leader.Webhooks {
	return leader.Webhooks{
		Managed:            o.webhookURL != "" || o.kubeconfig == "",
		URL:                strings.TrimSuffix(o.webhookURL, "/"),
		CABundle:           source.CABundle,
		InjectCAFrom:       o.certificate.injectCAFrom,
		ExcludedNamespaces: o.excludedNamespaces(),
		Namespaces:         namespaces.All,
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
