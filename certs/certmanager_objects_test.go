package certs_test

import (
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// cert-manager renews both when two thirds of these are over.
const (
	certManagerCA      = 365 * 24 * time.Hour
	certManagerServing = 90 * 24 * time.Hour
)

// certManagerObjects are what cert-manager makes the Secret taffrail-serving-cert of: an authority
// of the namespace's own, and a certificate that it signs for the Service taffrail. `taffrail serve
// --tls files` serves the Secret, and cert-manager's injector writes its ca.crt into the webhook
// configurations.
//
// The authority keeps its key when it is renewed. So the old and the new certificate of it verify
// each other's leaves, and no request fails while the API server trusts the one and a Pod still
// serves a leaf of the other: the injector writes within a second, the kubelet mounts a changed
// Secret within a minute or two. Since v1.19 the injector keeps the old one in the caBundle as
// well; before, each renewal with another key would be an outage of that length.
func certManagerObjects(namespace string) []runtime.Object {
	return []runtime.Object{
		issuer(namespace, "taffrail-bootstrap", cmapi.IssuerConfig{SelfSigned: &cmapi.SelfSignedIssuer{}}),
		certificate(namespace, "taffrail-ca", cmapi.CertificateSpec{
			IssuerRef:  issuedBy("taffrail-bootstrap"),
			IsCA:       true,
			CommonName: "taffrail-ca", // the leaves name who signed them, so this must not be empty
			Duration:   &metav1.Duration{Duration: certManagerCA},
			PrivateKey: &cmapi.CertificatePrivateKey{Algorithm: cmapi.ECDSAKeyAlgorithm, RotationPolicy: cmapi.RotationPolicyNever},
			Usages:     []cmapi.KeyUsage{cmapi.UsageDigitalSignature, cmapi.UsageCertSign},
		}),
		issuer(namespace, "taffrail", cmapi.IssuerConfig{CA: &cmapi.CAIssuer{SecretName: "taffrail-ca"}}),
		certificate(namespace, "taffrail-serving-cert", cmapi.CertificateSpec{
			IssuerRef:  issuedBy("taffrail"),
			DNSNames:   []string{"taffrail." + namespace + ".svc"}, // the one name that an API server calls a Service by
			Duration:   &metav1.Duration{Duration: certManagerServing},
			PrivateKey: &cmapi.CertificatePrivateKey{Algorithm: cmapi.ECDSAKeyAlgorithm, RotationPolicy: cmapi.RotationPolicyAlways},
			Usages:     []cmapi.KeyUsage{cmapi.UsageDigitalSignature, cmapi.UsageServerAuth},
		}),
	}
}

func issuer(namespace, name string, config cmapi.IssuerConfig) *cmapi.Issuer {
	return &cmapi.Issuer{
		TypeMeta:   metav1.TypeMeta{APIVersion: cmapi.SchemeGroupVersion.String(), Kind: cmapi.IssuerKind},
		ObjectMeta: certManagerMeta(namespace, name),
		Spec:       cmapi.IssuerSpec{IssuerConfig: config},
	}
}

// issuedBy says in full what cert-manager assumes. A version of it that fills this in would take
// that for a change, and issue everything anew.
func issuedBy(issuer string) cmmeta.IssuerReference {
	return cmmeta.IssuerReference{Group: cmapi.SchemeGroupVersion.Group, Kind: cmapi.IssuerKind, Name: issuer}
}

// certificate makes a Certificate whose Secret has its name.
func certificate(namespace, name string, spec cmapi.CertificateSpec) *cmapi.Certificate {
	spec.SecretName = name
	return &cmapi.Certificate{
		TypeMeta:   metav1.TypeMeta{APIVersion: cmapi.SchemeGroupVersion.String(), Kind: cmapi.CertificateKind},
		ObjectMeta: certManagerMeta(namespace, name),
		Spec:       spec,
	}
}

func certManagerMeta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Namespace: namespace,
		Name:      name,
		Labels:    map[string]string{"app.kubernetes.io/name": "taffrail"},
	}
}
