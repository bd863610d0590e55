package tracing

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
)

// fromEnvironment is the value of an environment variable of OTLP exporters, the one for traces
// before the one for all, and which of them it is of.
func fromEnvironment(what string) (name, value string) {
	for _, name := range []string{"OTEL_EXPORTER_OTLP_TRACES_" + what, "OTEL_EXPORTER_OTLP_" + what} {
		if value := os.Getenv(name); value != "" {
			return name, value
		}
	}
	return "", ""
}

// headers are those of OTEL_EXPORTER_OTLP_HEADERS, as key=value,key=value with values that are URL
// encoded. An error does not repeat the value, which is a secret as a rule.
func headers() (http.Header, error) {
	name, value := fromEnvironment("HEADERS")
	all := http.Header{}
	for pair := range strings.SplitSeq(value, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		key, text, found := strings.Cut(pair, "=")
		text, err := url.PathUnescape(strings.TrimSpace(text))
		if !found || err != nil || strings.TrimSpace(key) == "" || strings.ContainsAny(text, "\r\n") {
			return nil, fmt.Errorf("environment variable %s: must be key=value,key=value with values that are URL encoded", name)
		}
		all.Set(strings.TrimSpace(key), text)
	}
	return all, nil
}

// trust is the authorities of OTEL_EXPORTER_OTLP_CERTIFICATE, or nil: those of the system, which
// SSL_CERT_FILE replaces.
func trust() (*tls.Config, error) {
	name, file := fromEnvironment("CERTIFICATE")
	if file == "" {
		return nil, nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("environment variable %s: %w", name, err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content) {
		return nil, fmt.Errorf("environment variable %s: %s must hold certificates in PEM", name, file)
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}
