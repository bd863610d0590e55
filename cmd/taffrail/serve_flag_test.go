package main

import (
	"bytes"
	"context"
	"net"
	"syscall"
	"testing"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/serving"
)

func TestATakenPortNamesItsFlag(t *testing.T) {
	taken := &net.OpError{Op: "listen", Err: syscall.EADDRINUSE}
	for serves, flag := range map[serving.What]string{
		serving.Reviews: "--bind-address", serving.Page: "--bind-address", serving.Probes: "--health-probe-bind-address", serving.Measurements: "--metrics-bind-address",
	} {
		err := nameFlag(&serving.Error{What: serves, Address: ":9443", Err: taken})
		require.EqualError(t, err, "serving "+string(serves)+" on :9443: listen: address already in use: give another with "+flag)
	}
	other := &serving.Error{What: serving.Reviews, Err: syscall.EACCES}
	assert.Equal(t, other, nameFlag(other))
	assert.NoError(t, nameFlag(nil))
}

func TestWebhookURLBesideGuardrails(t *testing.T) {
	o := serveOptions{webhookURL: "https://127.0.0.1:9443", guardrails: "a.yaml"}
	o.certificate.tls = tlsSelfSigned
	require.ErrorContains(t, o.checkWebhookURL(logr.Discard()), "--webhook-url goes with Guardrails in the cluster")
	o.certificate.tls = tlsManaged // whose certificate takes its host
	require.NoError(t, o.checkWebhookURL(logr.Discard()))
	o.certificate.tls, o.guardrails = tlsSelfSigned, ""
	require.NoError(t, o.checkWebhookURL(logr.Discard()))
}

func TestVersionIsAFlagToo(t *testing.T) {
	var command, flag, notes bytes.Buffer
	require.Equal(t, exitOK, run(context.Background(), []string{"version"}, streams{out: &command, err: &notes}))
	require.Equal(t, exitOK, run(context.Background(), []string{"--version"}, streams{out: &flag, err: &notes}))
	assert.Equal(t, command.String(), flag.String())
	assert.Empty(t, notes.String())
}

func TestInstallSaysThatItsImageMustBePulled(t *testing.T) {
	var out, notes bytes.Buffer
	require.Equal(t, exitOK, run(context.Background(), []string{"install"}, streams{out: &out, err: &notes}))
	assert.Equal(t, "every node must be able to pull the image taffrail:dev: name yours with --image, with its registry\n", notes.String())
	notes.Reset()
	require.Equal(t, exitOK, run(context.Background(), []string{"install", "--image", "registry.example.com/taffrail:1"}, streams{out: &out, err: &notes}))
	assert.Empty(t, notes.String())
}
