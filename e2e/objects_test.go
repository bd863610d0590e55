//go:build e2e

package e2e

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
)

// How long, and how often, tests look for what comes about in a moment.
const (
	soon     = 10 * time.Second
	interval = 200 * time.Millisecond // most look by way of kubectl, and there are two processors
)

// fixture is a file of testdata.
func fixture(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile("testdata/" + name)
	require.NoError(t, err)
	return string(content)
}

// get reads an object from the API server: get[corev1.Pod](t, namespace, "pod/web").
func get[T any](t *testing.T, namespace, name string) (object T) {
	t.Helper()
	r := cluster(t).kubectl(t, "", "get", "-n", namespace, name, "-o", "json").mustSucceed(t)
	require.NoError(t, json.Unmarshal([]byte(r.stdout), &object))
	return object
}

// client speaks to the webhook as the API server would, but directly.
func (s *taffrail) client() *http.Client {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.ca)
	return &http.Client{
		Timeout: time.Minute,
		// With managed certificates, who is trusted is between the API server and the leader.
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, InsecureSkipVerify: s.ca == nil}, MaxIdleConnsPerHost: 16},
	}
}

// review sends a review and returns the answer to it.
func (s *taffrail) review(client *http.Client, path string, body io.Reader) (*admissionv1.AdmissionResponse, error) {
	response, err := client.Post(s.webhookURL+path, "application/json", body)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	var review admissionv1.AdmissionReview
	if err := json.Unmarshal(answer, &review); err != nil || review.Response == nil {
		return nil, errors.Join(err, fmt.Errorf("%s: %s", response.Status, answer))
	}
	return review.Response, nil
}

// metric is the value of a series as it is written in /metrics, or "" where there is none.
func (s *taffrail) metric(t *testing.T, series string) string {
	t.Helper()
	response, err := http.Get(s.metricsURL)
	require.NoError(t, err)
	defer response.Body.Close()
	for lines := bufio.NewScanner(response.Body); lines.Scan(); {
		if value, found := bytes.CutPrefix(lines.Bytes(), []byte(series+" ")); found {
			return string(value)
		}
	}
	return ""
}
