package certs

import (
	"crypto"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/util/pki"
)

// authority signs serving certificates, for certain names only.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

// newAuthority makes one for names, DNS names and IP addresses, and for no other name on earth:
// whoever gets hold of its key can take our place, and nobody else's.
func newAuthority(commonName string, names []string, notBefore, notAfter time.Time) (*authority, error) {
	key, err := pki.GenerateECPrivateKey(pki.ECCurve256)
	if err != nil {
		return nil, err
	}
	template, err := pki.CertificateTemplateFromCertificate(&cmapi.Certificate{Spec: cmapi.CertificateSpec{
		CommonName: commonName, IsCA: true, Usages: []cmapi.KeyUsage{cmapi.UsageCertSign},
	}})
	if err != nil {
		return nil, err
	}
	template.NotBefore, template.NotAfter = notBefore, notAfter
	template.MaxPathLenZero = true
	template.PermittedDNSDomainsCritical = true
	template.PermittedDNSDomains, template.PermittedIPRanges = apart(names)
	if len(template.PermittedIPRanges) == 0 { // where none is named, all would be permitted
		template.ExcludedIPRanges = []*net.IPNet{
			{IP: net.IPv4zero.To4(), Mask: net.CIDRMask(0, 32)}, {IP: net.IPv6zero, Mask: net.CIDRMask(0, 128)},
		}
	}
	_, cert, err := pki.SignCertificate(template, template, key.Public(), key)
	return &authority{cert: cert, key: key}, err
}

// parseAuthority reads one from its certificate and key, as PEM.
func parseAuthority(cert, key []byte) (*authority, error) {
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		return nil, err
	}
	signer, ok := pair.PrivateKey.(crypto.Signer)
	if !ok || !pair.Leaf.IsCA {
		return nil, errors.New("it is no authority: it may not sign certificates")
	}
	return &authority{cert: pair.Leaf, key: signer}, nil
}

// issue signs a serving certificate for names.
func (a *authority) issue(names []string, notBefore, notAfter time.Time) (*tls.Certificate, error) {
	key, err := pki.GenerateECPrivateKey(pki.ECCurve256)
	if err != nil {
		return nil, err
	}
	dnsNames, ipRanges := apart(names)
	var addresses []string
	for _, of := range ipRanges {
		addresses = append(addresses, of.IP.String())
	}
	template, err := pki.CertificateTemplateFromCertificate(&cmapi.Certificate{Spec: cmapi.CertificateSpec{
		CommonName: names[0], DNSNames: dnsNames, IPAddresses: addresses,
		Usages: []cmapi.KeyUsage{cmapi.UsageDigitalSignature, cmapi.UsageServerAuth},
	}})
	if err != nil {
		return nil, err
	}
	template.NotBefore, template.NotAfter = notBefore, notAfter
	_, leaf, err := pki.SignCertificate(template, a.cert, key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{leaf.Raw}, PrivateKey: key, Leaf: leaf}, nil
}

// is says whether two are one; none is only itself.
func (a *authority) is(b *authority) bool {
	return a == b || a != nil && b != nil && a.cert.Equal(b.cert)
}

// usable says whether it can sign what is served now.
func (a *authority) usable(now time.Time) bool {
	return a != nil && now.Before(a.cert.NotAfter) && !now.Before(a.cert.NotBefore)
}

// permits says whether clients take its word for a name.
func (a *authority) permits(name string) bool {
	if ip := net.ParseIP(name); ip != nil {
		within := func(r *net.IPNet) bool { return r.Contains(ip) }
		if slices.ContainsFunc(a.cert.ExcludedIPRanges, within) {
			return false
		}
		return len(a.cert.PermittedIPRanges) == 0 || slices.ContainsFunc(a.cert.PermittedIPRanges, within)
	}
	return len(a.cert.PermittedDNSDomains) == 0 || slices.ContainsFunc(a.cert.PermittedDNSDomains, func(domain string) bool {
		return name == domain || strings.HasSuffix(name, "."+domain)
	})
}

// encode is its certificate and key as PEM.
func (a *authority) encode() (cert, key []byte, err error) {
	if cert, err = pki.EncodeX509(a.cert); err != nil {
		return nil, nil, err
	}
	if key, err = pki.EncodePrivateKey(a.key, cmapi.PKCS8); err != nil {
		return nil, nil, fmt.Errorf("encode a key: %w", err)
	}
	return cert, key, nil
}

// apart tells DNS names from IP addresses.
func apart(names []string) (dnsNames []string, addresses []*net.IPNet) {
	for _, name := range names {
		ip := net.ParseIP(name)
		switch v4 := ip.To4(); {
		case ip == nil:
			dnsNames = append(dnsNames, name)
		case v4 != nil:
			addresses = append(addresses, &net.IPNet{IP: v4, Mask: net.CIDRMask(32, 32)})
		default:
			addresses = append(addresses, &net.IPNet{IP: ip, Mask: net.CIDRMask(128, 128)})
		}
	}
	return dnsNames, addresses
}
