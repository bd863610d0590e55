package main

import (
	"fmt"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/internal/tracing"
)

// tracingOptions say where spans are sent.
type tracingOptions struct {
	endpoint string

	parsed tracing.Endpoint // is endpoint
}

func (o *tracingOptions) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.endpoint, "tracing-endpoint", "", "a collector to send traces of the reviews to that the API server samples, by OTLP over HTTP: host:port, http://host:port or https://host:port; left out, none are made")
}

func (o *tracingOptions) check() (err error) {
	if o.endpoint == "" {
		return nil
	}
	if o.parsed, err = tracing.ParseEndpoint(o.endpoint); err != nil {
		return fmt.Errorf("--tracing-endpoint %w", err)
	}
	return nil
}

// open begins to make spans; nil says that none are made.
func (o *tracingOptions) open(metrics prometheus.Registerer, log logr.Logger) (*tracing.Tracer, error) {
	if o.endpoint == "" {
		return nil, nil
	}
	tracer, err := tracing.New(tracing.Options{Endpoint: o.parsed, Version: version, Metrics: metrics, Log: log})
	if err != nil {
		return nil, usage(fmt.Errorf("--tracing-endpoint: %w", err))
	}
	log.Info("sending traces of the reviews that the API server samples", "collector", o.parsed.URL)
	return tracer, nil
}
