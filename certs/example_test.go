package certs_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"

	"taffrail.dev/taffrail/certs"
)

// A server serves the certificate of a Source, and clients trust its CABundle.
func Example() {
	source, err := certs.NewSelfSigned()
	if err != nil {
		panic(err)
	}
	var server tls.Config
	certs.TLSConfig(source)(&server)
	served, err := server.GetCertificate(nil)
	if err != nil {
		panic(err)
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(source.CABundle())
	_, err = served.Leaf.Verify(x509.VerifyOptions{Roots: trusted, DNSName: "localhost"})
	fmt.Println(err)
	// Output:
	// <nil>
}
