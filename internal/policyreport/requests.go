package policyreport

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// pageSize is how many reports are read at a time, each of which may have half a megabyte.
const pageSize = 10

// requestTimeout is for an API server that takes a request and never answers.
const requestTimeout = 30 * time.Second

// path is that of a report, or of all in a namespace, or of all in the cluster that are in one.
func (w *Writer) path(namespace, name string) string {
	path := "/apis/" + w.api.String() + "/"
	if namespace == "" {
		path += w.api.ClusterResource
	} else {
		path += "namespaces/" + namespace + "/" + w.api.Resource
	}
	if name != "" {
		path += "/" + name
	}
	return path
}

func (w *Writer) get(ctx context.Context, path string, into any) error {
	return w.do(ctx, w.client.Get().AbsPath(path), into)
}

// send creates a report, or replaces the one of its version, and notes the version that it has then.
func (w *Writer) send(ctx context.Context, r *Report) error {
	body, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("encoding %s %s: %w", r.Kind, nameOf(r), err)
	}
	request := w.client.Post().AbsPath(w.path(r.Namespace, ""))
	if r.ResourceVersion != "" {
		request = w.client.Put().AbsPath(w.path(r.Namespace, r.Name))
	}
	var answer metav1.PartialObjectMetadata
	if err := w.do(ctx, request.SetHeader("Content-Type", "application/json").Body(body), &answer); err != nil {
		return err
	}
	r.ResourceVersion = answer.ResourceVersion
	return nil
}

// delete deletes the version of a report that we know: another one may be somebody else's.
func (w *Writer) delete(ctx context.Context, path, version string) error {
	body, err := json.Marshal(metav1.DeleteOptions{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "DeleteOptions"}, Preconditions: &metav1.Preconditions{ResourceVersion: &version},
	})
	if err != nil {
		return err
	}
	return w.do(ctx, w.client.Delete().AbsPath(path).SetHeader("Content-Type", "application/json").Body(body), nil)
}

// list goes through the reports of a path that are ours.
func (w *Writer) list(ctx context.Context, path string) iter.Seq2[*Report, error] {
	return func(yield func(*Report, error) bool) {
		for token := ""; ; {
			request := w.client.Get().AbsPath(path).Param("labelSelector", ours+"="+oursValue).Param("limit", strconv.Itoa(pageSize))
			if token != "" {
				request = request.Param("continue", token)
			}
			var page struct {
				Metadata metav1.ListMeta `json:"metadata"`
				Items    []*Report       `json:"items"`
			}
			if err := w.do(ctx, request, &page); err != nil {
				yield(nil, fmt.Errorf("listing %s: %w", path, err))
				return
			}
			for _, r := range page.Items {
				if !yield(r, nil) {
					return
				}
			}
			if token = page.Metadata.Continue; token == "" {
				return
			}
		}
	}
}

func (w *Writer) do(ctx context.Context, request *rest.Request, into any) error {
	if err := w.limit.Wait(ctx); err != nil {
		return err
	}
	result := request.SetHeader("Accept", "application/json").Timeout(requestTimeout).Do(ctx)
	if err := result.Error(); err != nil || into == nil { // Raw does not read what a failure says
		return err
	}
	raw, err := result.Raw()
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, into)
}
