// Command validate says of Pods what an API server would say when they are
// created: it decodes and defaults each as the API server does, and runs the
// strategy of its registry over it. Nothing else of an API server is there.
//
// Pods come on standard input, one a line; an answer goes out for each.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	api "k8s.io/kubernetes/pkg/apis/core"
	_ "k8s.io/kubernetes/pkg/apis/core/install" // its defaults and conversions
	"k8s.io/kubernetes/pkg/capabilities"
	"k8s.io/kubernetes/pkg/registry/core/pod"
)

// answer is what is said of one Pod.
type answer struct {
	// Pod is what a webhook is sent: the Pod with the API server's defaults. It is
	// left out where the Pod cannot be decoded.
	Pod json.RawMessage `json:"pod,omitempty"`
	// Errors are why the Pod is refused; none means that it is created.
	Errors []string `json:"errors,omitempty"`
}

func main() {
	capabilities.Setup(true, 0) // as with --allow-privileged, which every installer sets
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintf(os.Stderr, "validate: %v\n", err)
		os.Exit(1)
	}
}

func serve(in io.Reader, out io.Writer) error {
	lines := bufio.NewReaderSize(in, 1<<20)
	answers := json.NewEncoder(out)
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading a Pod: %w", err)
		}
		if err := answers.Encode(create(line)); err != nil {
			return fmt.Errorf("writing an answer: %w", err)
		}
	}
}

func create(document []byte) answer {
	object, err := runtime.Decode(legacyscheme.Codecs.UniversalDecoder(), document)
	if err != nil {
		return answer{Errors: []string{err.Error()}}
	}
	p, ok := object.(*api.Pod)
	if !ok {
		return answer{Errors: []string{fmt.Sprintf("must be a Pod, is a %T", object)}}
	}
	defaulted, err := runtime.Encode(legacyscheme.Codecs.LegacyCodec(corev1.SchemeGroupVersion), p)
	if err != nil {
		return answer{Errors: []string{err.Error()}}
	}
	ctx := genericapirequest.WithNamespace(context.Background(), metav1.NamespaceDefault)
	rest.FillObjectMetaSystemFields(p)
	if p.Name == "" && p.GenerateName != "" {
		p.Name = pod.Strategy.GenerateName(p.GenerateName)
	}
	return answer{Pod: defaulted, Errors: reasons(rest.BeforeCreate(pod.Strategy, ctx, p))}
}

// reasons are the causes of a refusal, one by one.
func reasons(err error) []string {
	if err == nil {
		return nil
	}
	status := apierrors.APIStatus(nil)
	if !errors.As(err, &status) || status.Status().Details == nil || len(status.Status().Details.Causes) == 0 {
		return []string{err.Error()}
	}
	var texts []string
	for _, cause := range status.Status().Details.Causes {
		texts = append(texts, cause.Field+": "+cause.Message)
	}
	return texts
}
