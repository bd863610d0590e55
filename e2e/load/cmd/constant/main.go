// Command constant is the least that a webhook server in Go can cost: it has the review in memory, and
// answers the same bytes whatever that says. What Taffrail costs is told as a multiple of it.
package main

import (
	"crypto/tls"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"

	"taffrail.dev/taffrail/e2e/load/certificate"
)

const answer = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","response":{"uid":"a7920b8f-391b-49ad-bd1b-55a2d0ce6c71","allowed":true}}`

func main() {
	address := flag.String("bind-address", "127.0.0.1:9443", "where reviews are taken, over TLS")
	flag.Parse()
	fmt.Fprintln(os.Stderr, serve(*address))
	os.Exit(1)
}

func serve(address string) error {
	own, err := certificate.SelfSigned()
	if err != nil {
		return err
	}
	server := &http.Server{
		Addr:      address,
		TLSConfig: &tls.Config{Certificates: []tls.Certificate{own}},
		Handler: http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
			if _, err := io.ReadAll(request.Body); err != nil {
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, answer)
		}),
	}
	return server.ListenAndServeTLS("", "")
}
