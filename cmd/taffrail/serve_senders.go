package main

import (
	"errors"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"taffrail.dev/taffrail/certs"
	"taffrail.dev/taffrail/internal/cluster/confirm"
	"taffrail.dev/taffrail/webhook"
)

// senderOptions say who may send reviews.
type senderOptions struct{ clientCA, clientName string }

func (o *senderOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.clientCA, "client-ca", "", "take reviews only of clients with a certificate that an authority in this file has signed, which is read again when it changes; left out, of anybody")
	flags.StringVar(&o.clientName, "client-name", "", "with --client-ca, the common name or a DNS name that the certificate must have; left out, any")
}

func (o *senderOptions) check() error {
	if o.clientName != "" && o.clientCA == "" {
		return errors.New("--client-name goes with --client-ca: without it no client shows a certificate")
	}
	return nil
}

// read reads the authorities; nil says that anybody may send.
func (o *senderOptions) read(log logr.Logger) (*certs.Senders, error) {
	if o.clientCA == "" {
		return nil, nil
	}
	senders, err := certs.NewSenders(o.clientCA, o.clientName, log)
	if err != nil {
		return nil, &exitError{exitFailed, err}
	}
	return senders, nil
}

// confirmBy confirms what reviews claim by asking the API server.
func confirmBy(questions *confirm.Questions) func(webhook.Claim, func(error)) bool {
	return func(claim webhook.Claim, answered func(error)) bool {
		return questions.Ask(confirm.Question{
			Sender: claim.Sender, Coming: true,
			Object:   confirm.Object{Resource: claim.Resource, Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID},
			Answered: func(_ *metav1.PartialObjectMetadata, err error) { answered(err) },
		})
	}
}
