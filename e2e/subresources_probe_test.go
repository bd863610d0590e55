//go:build e2e && !kind

package e2e

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// subresourceProbe tries what subresources write, on the samples of testdata/subresources.yaml.
type subresourceProbe struct {
	client    dynamic.Interface
	namespace string
	samples   map[schema.GroupVersionKind]*unstructured.Unstructured
}

func newSubresourceProbe(t *testing.T) *subresourceProbe {
	t.Helper()
	config := rest.CopyConfig(cluster(t).config)
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{}
	client, err := dynamic.NewForConfig(config)
	require.NoError(t, err)
	p := &subresourceProbe{client: client, namespace: cluster(t).namespace(t), samples: map[schema.GroupVersionKind]*unstructured.Unstructured{}}
	text := strings.NewReplacer(
		"CSR", signingRequest(t),
		"REQUEST-IN-DER", base64.StdEncoding.EncodeToString(pkcs10(t)),
	).Replace(fixture(t, "subresources.yaml"))
	for documents := utilyaml.NewYAMLReader(bufio.NewReader(strings.NewReader(text))); ; {
		document, err := documents.Read()
		if errors.Is(err, io.EOF) {
			return p
		}
		require.NoError(t, err)
		sample := &unstructured.Unstructured{}
		require.NoError(t, yaml.Unmarshal(document, &sample.Object))
		p.samples[sample.GroupVersionKind()] = sample
	}
}

func signingRequest(t *testing.T) string {
	t.Helper()
	return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: pkcs10(t)}))
}

// pkcs10 is a request for a certificate, in DER.
func pkcs10(t *testing.T) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	request, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
	require.NoError(t, err)
	return request
}

// settled is the sample as the API server has it, made if it is not there.
func (p *subresourceProbe) settled(t *testing.T, gvr schema.GroupVersionResource, kind string, namespaced bool) (dynamic.ResourceInterface, *unstructured.Unstructured, *unstructured.Unstructured) {
	t.Helper()
	sample, known := p.samples[gvr.GroupVersion().WithKind(kind)]
	require.True(t, known, "testdata/subresources.yaml has no %s of %s", kind, gvr.GroupVersion())
	var resource dynamic.ResourceInterface = p.client.Resource(gvr)
	if namespaced {
		resource = p.client.Resource(gvr).Namespace(p.namespace)
	}
	object, err := resource.Get(background, sample.GetName(), metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		fresh := sample.DeepCopy()
		delete(fresh.Object, "status")
		object, err = resource.Create(background, fresh, metav1.CreateOptions{})
		if !namespaced && kind != "Namespace" { // which nothing here would empty
			t.Cleanup(func() { _ = resource.Delete(background, sample.GetName(), metav1.DeleteOptions{}) })
		}
	}
	require.NoError(t, err, "%s", gvr)
	return resource, object, sample
}

// writes is what a subresource lets whoever may write it change of the object.
func (p *subresourceProbe) writes(t *testing.T, groupVersion, name, sub string, r metav1.APIResource) string {
	t.Helper()
	gv, err := schema.ParseGroupVersion(groupVersion)
	require.NoError(t, err)
	gvr := gv.WithResource(name)
	switch {
	case notTried[name+"/"+sub] != "":
		return notTried[name+"/"+sub]
	case r.Kind == "Binding":
		return p.writesByBinding(t, sub)
	case r.Kind == "Scale":
		return p.writesByScale(t, gvr, r.Namespaced)
	}
	require.True(t, slices.Contains(r.Verbs, "update"), "notTried does not say what %s/%s does", name, sub)
	resource, object, sample := p.settled(t, gvr, r.Kind, r.Namespaced)
	changes := append(metadataChanges(), specChanges(object.Object)...)
	changes = append(changes, change{"status", func(o map[string]any) { o["status"] = sample.DeepCopy().Object["status"] }, []string{"status"}})
	var written []string
	for _, c := range changes {
		if !slices.Contains(written, c.part) && p.tries(resource, object, sub, c) {
			written = append(written, c.part)
		}
	}
	if len(written) == 0 {
		return "nothing"
	}
	return strings.Join(written, ", ")
}

// tries sends one change in a dry run, and looks whether it came through.
func (p *subresourceProbe) tries(resource dynamic.ResourceInterface, object *unstructured.Unstructured, sub string, c change) bool {
	changed := object.DeepCopy()
	c.make(changed.Object)
	answer, err := resource.Update(background, changed, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}}, sub)
	if apierrors.IsConflict(err) { // a controller of the API server's own was there first
		if object, err = resource.Get(background, object.GetName(), metav1.GetOptions{}); err == nil {
			return p.tries(resource, object, sub, c)
		}
	}
	if err != nil {
		return false
	}
	before, _, _ := unstructured.NestedFieldNoCopy(object.Object, c.in...)
	after, _, _ := unstructured.NestedFieldNoCopy(answer.Object, c.in...)
	return !reflect.DeepEqual(before, after)
}

// writesByScale looks at the object behind a Scale.
func (p *subresourceProbe) writesByScale(t *testing.T, gvr schema.GroupVersionResource, namespaced bool) string {
	t.Helper()
	kind := map[string]string{"replicationcontrollers": "ReplicationController", "deployments": "Deployment", "replicasets": "ReplicaSet", "statefulsets": "StatefulSet"}[gvr.Resource]
	require.NotEmpty(t, kind, "%s/scale is new", gvr.Resource)
	resource, before, _ := p.settled(t, gvr, kind, namespaced)
	scale, err := resource.Get(background, before.GetName(), metav1.GetOptions{}, "scale")
	require.NoError(t, err)
	for _, c := range metadataChanges() {
		c.make(scale.Object)
	}
	require.NoError(t, unstructured.SetNestedField(scale.Object, int64(7), "spec", "replicas"))
	_, err = resource.Update(background, scale, metav1.UpdateOptions{}, "scale")
	require.NoError(t, err)
	return differences(t, resource, before, "spec.replicas")
}

// writesByBinding binds a Pod of its own, as what was bound is bound for good.
func (p *subresourceProbe) writesByBinding(t *testing.T, sub string) string {
	t.Helper()
	pods := p.client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "pods"}).Namespace(p.namespace)
	pod := p.samples[schema.GroupVersionKind{Version: "v1", Kind: "Pod"}].DeepCopy()
	pod.SetName("bound-by-" + strings.TrimLeft(sub+"-", "-") + "it")
	before, err := pods.Create(background, pod, metav1.CreateOptions{})
	require.NoError(t, err)
	binding := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "Binding", "metadata": map[string]any{"name": pod.GetName()},
		"target": map[string]any{"kind": "Node", "name": "node-1"},
	}}
	for _, c := range metadataChanges() {
		c.make(binding.Object)
	}
	if sub == "" {
		bindings := p.client.Resource(schema.GroupVersionResource{Version: "v1", Resource: "bindings"}).Namespace(p.namespace)
		_, err = bindings.Create(background, binding, metav1.CreateOptions{})
	} else {
		_, err = pods.Create(background, binding, metav1.CreateOptions{}, sub)
	}
	require.NoError(t, err)
	return differences(t, pods, before, "spec.nodeName")
}

// differences are the metadata, and a field of the spec, that are other than before.
func differences(t *testing.T, resource dynamic.ResourceInterface, before *unstructured.Unstructured, field string) string {
	t.Helper()
	after, err := resource.Get(background, before.GetName(), metav1.GetOptions{})
	require.NoError(t, err)
	var written []string
	differs := func(part string, in ...string) {
		a, _, _ := unstructured.NestedFieldNoCopy(before.Object, in...)
		b, _, _ := unstructured.NestedFieldNoCopy(after.Object, in...)
		if !reflect.DeepEqual(a, b) {
			written = append(written, part)
		}
	}
	for _, c := range metadataChanges() {
		differs(c.part, c.in...)
	}
	differs(field, strings.Split(field, ".")...)
	return strings.Join(written, ", ")
}
