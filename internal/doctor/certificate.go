package doctor

import (
	"bytes"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"taffrail.dev/taffrail/internal/names"
)

// serverName is who the API server expects behind the Service.
const serverName = names.Name + "." + names.Namespace + ".svc"

var certificate = Check{
	Name:    "certificate",
	Summary: "certificates are valid, and every caBundle vouches for them",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		ours, err := i.ours(ctx)
		if err != nil {
			return nil, err
		}
		bundles, found := i.bundles(ours)
		secrets, noSecret := i.inSecrets(ctx)
		served, errs := i.served(ctx, ours)
		shown := append(secrets, served...)
		for _, s := range shown {
			found = append(found, i.expiring(s.where, s.chain[0])...)
			found = append(found, i.distrusted(s, bundles)...)
		}
		fromMetrics, seen, err := i.expiringByMetrics(ctx)
		if seen || len(served) > 0 {
			noSecret = nil // what a Secret would tell has been seen where it is served
		}
		return append(found, fromMetrics...), errors.Join(errors.Join(errs...), noSecret, err)
	},
}

// bundle is the caBundle of one entry.
type bundle struct {
	where string
	pool  *x509.CertPool
}

// bundles are those of all entries; one that is empty or no PEM is a finding.
func (i *Installation) bundles(ours []configuration) (bundles []bundle, found []Finding) {
	for _, c := range ours {
		for _, w := range c.webhooks {
			where := c.at(w)
			if len(w.ClientConfig.CABundle) == 0 {
				found = append(found, Finding{
					Fail, "its caBundle is empty: the API server trusts the authorities of its own system, and no review arrives", where,
					"the leader fills it in (`kubectl logs -n taffrail-system deployment/taffrail --all-pods`); with --tls=files put ca.crt into the Secret",
				})
				continue
			}
			authorities := parseCertificates(w.ClientConfig.CABundle)
			if len(authorities) == 0 {
				found = append(found, Finding{Fail, "its caBundle holds no certificate", where, "delete the configuration: the leader makes it anew"})
				continue
			}
			latest := authorities[0]
			pool := x509.NewCertPool()
			for _, authority := range authorities {
				pool.AddCert(authority)
				if authority.NotAfter.After(latest.NotAfter) {
					latest = authority
				}
			}
			bundles = append(bundles, bundle{where, pool})
			found = append(found, i.expiring("the caBundle of "+where, latest)...)
		}
	}
	return bundles, found
}

// chain is a certificate and what came with it, and where it was seen.
type chain struct {
	where string
	chain []*x509.Certificate
	name  string // who it must be for; empty for an authority
}

// inSecrets are the certificates of the Secrets that are in use and may be read.
func (i *Installation) inSecrets(ctx context.Context) (all []chain, err error) {
	for name, key := range i.certificateSecrets(ctx) {
		secret := &corev1.Secret{}
		if wrong := i.Client.Get(ctx, client.ObjectKey{Namespace: names.Namespace, Name: name}, secret); wrong != nil {
			err = errors.Join(err, wrong)
			continue
		}
		if certificates := parseCertificates(secret.Data[corev1.TLSCertKey]); len(certificates) > 0 {
			all = append(all, chain{"Secret " + names.Namespace + "/" + name, certificates, key})
		}
	}
	return all, err
}

// certificateSecrets are the Secrets that hold certificates, and who each must be
// for. A change of --tls leaves one behind, which then expires and harms nobody.
func (i *Installation) certificateSecrets(ctx context.Context) map[string]string {
	all := map[string]string{names.Authority: "", names.ServingCertificate: serverName}
	deployment, err := i.deployment(ctx)
	if err != nil {
		return all // nobody says which
	}
	_, injected := argument(deployment, "--inject-ca-from")
	switch {
	case i.managed(ctx):
		delete(all, names.ServingCertificate)
	case !injected: // with cert-manager it is the authority
		delete(all, names.Authority)
	}
	return all
}

// urls are the addresses of the servers outside of the cluster that configurations
// lead to, and the name to expect of each.
func urls(ours []configuration) map[string]string {
	hosts := map[string]string{}
	for _, c := range ours {
		for _, w := range c.webhooks {
			if w.ClientConfig.URL == nil {
				continue
			}
			if at, err := url.Parse(*w.ClientConfig.URL); err == nil {
				port := at.Port()
				if port == "" {
					port = "443"
				}
				hosts[net.JoinHostPort(at.Hostname(), port)] = at.Hostname()
			}
		}
	}
	return hosts
}

// served are the certificates that servers show which can be reached from here.
func (i *Installation) served(ctx context.Context, ours []configuration) (all []chain, errs []error) {
	hosts := urls(ours)
	if i.InPod && len(hosts) == 0 {
		ready, err := i.ready(ctx)
		errs = append(errs, err)
		for _, r := range ready {
			hosts[net.JoinHostPort(r.ip, strconv.Itoa(int(r.port)))] = serverName
		}
	}
	for address, name := range hosts {
		certificates, err := i.Served(ctx, address, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("see which certificate is served at %s: %w", address, err))
			continue
		}
		all = append(all, chain{"served at " + address, certificates, name})
	}
	return all, errs
}

// distrusted finds every caBundle that does not vouch for a certificate.
func (i *Installation) distrusted(c chain, bundles []bundle) (found []Finding) {
	for _, b := range bundles {
		options := x509.VerifyOptions{
			Roots: b.pool, Intermediates: x509.NewCertPool(), DNSName: c.name, CurrentTime: i.Now(),
			KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		}
		if c.name == "" {
			options.KeyUsages = []x509.ExtKeyUsage{x509.ExtKeyUsageAny}
		}
		for _, between := range c.chain[1:] {
			options.Intermediates.AddCert(between)
		}
		if _, err := c.chain[0].Verify(options); err != nil {
			found = append(found, Finding{
				Fail, fmt.Sprintf("its caBundle does not vouch for the certificate %s: %v", c.where, err), b.where,
				"see why the leader does not write it: `kubectl logs -n taffrail-system deployment/taffrail --all-pods`; or delete the configuration, which has it made anew",
			})
		}
	}
	return found
}

// late is how long before its end a certificate should have been renewed. That
// happens at two thirds of its life; with a sixth left something is broken.
func late(life time.Duration) time.Duration { return min(life/6, 7*24*time.Hour) }

func (i *Installation) expiring(where string, c *x509.Certificate) []Finding {
	return i.endsAt(where, c.NotAfter, late(c.NotAfter.Sub(c.NotBefore)))
}

func (i *Installation) endsAt(where string, end time.Time, before time.Duration) []Finding {
	const do = "see why it is not renewed: `kubectl logs -n taffrail-system deployment/taffrail --all-pods`, with cert-manager `kubectl describe certificates -n taffrail-system`"
	switch left := end.Sub(i.Now()); {
	case left <= 0:
		return []Finding{{Fail, "the certificate expired " + end.UTC().Format(time.RFC3339), where, do}}
	case left < before:
		return []Finding{{Warn, "the certificate expires " + end.UTC().Format(time.RFC3339) + ", and should have been renewed", where, do}}
	default:
		return nil
	}
}

// expiringByMetrics asks each replica: a certificate in memory is seen nowhere
// else from outside of the cluster.
func (i *Installation) expiringByMetrics(ctx context.Context) (found []Finding, seen bool, err error) {
	pods, err := i.pods(ctx)
	errs := []error{err}
	for n := range pods {
		pod := &pods[n]
		if !running(pod) {
			continue
		}
		body, err := i.Metrics(ctx, pod)
		if err != nil {
			errs = append(errs, fmt.Errorf("read the metrics of Pod %s: %w", pod.Name, err))
			continue
		}
		for _, s := range samples(body, "taffrail_certificate_expiry_timestamp_seconds") {
			if seconds, err := strconv.ParseFloat(s.value, 64); err == nil {
				seen = true
				// How long it lives is not told; a day is a sixth of a serving certificate's week.
				found = append(found, i.endsAt(fmt.Sprintf("Pod %s, certificate %q", pod.Name, s.labels["certificate"]), time.Unix(int64(seconds), 0), 24*time.Hour)...)
			}
		}
	}
	return found, seen, errors.Join(errs...)
}

func running(pod *corev1.Pod) bool {
	return pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp == nil
}

func parseCertificates(pem []byte) (all []*x509.Certificate) {
	for rest := bytes.TrimSpace(pem); ; {
		block, after := nextBlock(rest)
		if block == nil {
			return all
		}
		if c, err := x509.ParseCertificate(block); err == nil {
			all = append(all, c)
		}
		rest = after
	}
}
