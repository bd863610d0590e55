package tracing

import (
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
)

// path is where a collector takes traces, below its endpoint.
const path = "/v1/traces"

// grpcPort is where a collector takes OTLP over gRPC, which is not spoken here.
const grpcPort = "4317"

// forms are how an endpoint may be written.
const forms = "must be host:port, http://host:port or https://host:port of a collector that takes OTLP over HTTP, on port 4318 as a rule"

// Endpoint is a collector.
type Endpoint struct {
	// URL is where traces are posted.
	URL string
	// Port is the TCP port of the URL.
	Port int32
}

// ParseEndpoint reads host:port, which is one without TLS, or a URL. As with
// OTEL_EXPORTER_OTLP_ENDPOINT the path /v1/traces is added where it is missing. An error begins with
// what was read, unless there may be a secret in it.
func ParseEndpoint(text string) (Endpoint, error) {
	full := text
	if !strings.Contains(text, "://") {
		full = "http://" + text
	}
	u, err := url.Parse(full)
	switch {
	case strings.Contains(text, "@"):
		return Endpoint{}, errors.New("must not hold a user or a password: give a header in the environment variable OTEL_EXPORTER_OTLP_HEADERS")
	case strings.ContainsAny(text, "?#"):
		return Endpoint{}, errors.New("must not have a query or a fragment: give a header in the environment variable OTEL_EXPORTER_OTLP_HEADERS")
	case err != nil, u.Scheme != "http" && u.Scheme != "https", u.Hostname() == "", strings.ContainsAny(u.Hostname(), ", "),
		full != text && u.Port() == "":
		return Endpoint{}, fmt.Errorf("%q: %s", text, forms)
	case u.Port() == grpcPort:
		return Endpoint{}, fmt.Errorf("%q: port %s is for OTLP over gRPC: give the port for OTLP over HTTP of the same collector, 4318 as a rule", text, grpcPort)
	}
	port, err := strconv.ParseUint(portOf(u), 10, 16)
	if err != nil || port == 0 {
		return Endpoint{}, fmt.Errorf("%q: the port must be a number from 1 to 65535", text)
	}
	if !strings.HasSuffix(u.Path, path) {
		u = u.JoinPath(path)
	}
	return Endpoint{URL: u.String(), Port: int32(port)}, nil
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}
