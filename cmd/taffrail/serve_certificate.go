package main

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/client-go/rest"

	"taffrail.dev/taffrail/certs"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/names"
)

// certificateOptions say where the serving certificate comes from.
type certificateOptions struct {
	tls                 string
	certDir             string
	writeCA             string
	injectCAFrom        string
	caDuration          time.Duration
	certificateDuration time.Duration
}

// The values of --tls.
const (
	tlsManaged    = "managed"
	tlsFiles      = "files"
	tlsSelfSigned = "self-signed"
)

func (o *certificateOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	chooseVar(cmd, &o.tls, "tls", "", "where the serving certificate comes from: managed (an authority in the Secret taffrail-ca), files, or self-signed (for localhost, in memory); left out, managed in a Pod and self-signed elsewhere",
		tlsManaged, tlsFiles, tlsSelfSigned)
	flags.StringVar(&o.certDir, "cert-dir", "/etc/taffrail/tls", "the directory of tls.crt and tls.key, with --tls files")
	flags.StringVar(&o.writeCA, "write-ca", "", "write the certificate of the authority to this file, with --tls self-signed")
	flags.StringVar(&o.injectCAFrom, "inject-ca-from", "", "the Certificate of cert-manager, NAMESPACE/CERTIFICATE, from which its cainjector fills in the caBundle of the webhook configurations, with --tls files")
	flags.DurationVar(&o.caDuration, "ca-duration", 8760*time.Hour, "how long an authority lives, with --tls managed; it is replaced at two thirds of that")
	flags.DurationVar(&o.certificateDuration, "certificate-duration", 168*time.Hour, "how long a serving certificate lives, with --tls managed; it is replaced at two thirds of that")
}

// check finds what cannot be, and settles what was left out.
func (o *certificateOptions) check(cmd *cobra.Command, inPod bool) error {
	if o.tls == "" {
		o.tls = tlsSelfSigned
		if inPod {
			o.tls = tlsManaged
		}
	}
	for flag, of := range map[string]string{
		"write-ca": tlsSelfSigned, "cert-dir": tlsFiles, "inject-ca-from": tlsFiles, "ca-duration": tlsManaged, "certificate-duration": tlsManaged,
	} {
		if cmd.Flags().Changed(flag) && o.tls != of {
			return fmt.Errorf("--%s goes with --tls %s, and this is --tls %s", flag, of, o.tls)
		}
	}
	if o.certificateDuration < time.Second {
		return fmt.Errorf("--certificate-duration %s: must be at least a second", o.certificateDuration)
	}
	if o.certificateDuration >= o.caDuration {
		return fmt.Errorf("--certificate-duration %s: must be shorter than --ca-duration %s, which signs it", o.certificateDuration, o.caDuration)
	}
	namespace, name, found := strings.Cut(o.injectCAFrom, "/")
	if o.injectCAFrom != "" && (!found || namespace == "" || name == "" || strings.Contains(name, "/")) {
		return fmt.Errorf("--inject-ca-from %q: must be NAMESPACE/CERTIFICATE", o.injectCAFrom)
	}
	return nil
}

// source is where the certificate comes from; config is nil with no cluster.
func (o *certificateOptions) source(config *rest.Config, webhookURL string, log logr.Logger) (certs.Source, error) {
	switch o.tls {
	case tlsSelfSigned:
		source, err := certs.NewSelfSigned()
		if err == nil && o.writeCA != "" {
			err = source.WriteCA(o.writeCA)
		}
		if err != nil {
			return nil, &exitError{exitFailed, err}
		}
		return source, nil
	case tlsFiles:
		source, err := certs.NewFiles(o.certDir, log)
		if err != nil {
			return nil, &exitError{exitFailed, err}
		}
		return source, nil
	}
	if config == nil {
		return nil, usage(errors.New("--tls managed keeps its authority in a Secret of the cluster, and there is none: run it in a Pod, name a --kubeconfig, or use --tls self-signed"))
	}
	names := []string{names.Name + "." + names.Namespace + ".svc"}
	if webhookURL != "" {
		u, err := url.Parse(webhookURL)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" {
			return nil, usage(fmt.Errorf("--webhook-url %q: must be https://host:port", webhookURL))
		}
		names = append(names, strings.ToLower(u.Hostname()))
	}
	secrets, err := cluster.NewClients(config).Secrets(ownNamespace())
	if err != nil {
		return nil, &exitError{exitFailed, err}
	}
	return certs.NewManaged(certs.ManagedOptions{
		Secrets: secrets, Names: names,
		CADuration: o.caDuration, CertificateDuration: o.certificateDuration, Log: log,
	}), nil
}
