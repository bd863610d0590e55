package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// pageSize is how many objects are asked for at a time. Pods of 6 KB make 1 MB, which are there twice while they are decoded.
const pageSize = 200

// page is a part of a list. Items are decoded as what they are when their turn comes.
type page struct {
	Metadata metav1.ListMeta   `json:"metadata"`
	Items    []json.RawMessage `json:"items"`
}

// The forms of answers: whole objects, or the metadata of each alone.
const (
	whole       = "application/json"
	namesOfList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
	nameOfEach  = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
)

// formOfList is the form of a list of whole objects, or of their names.
func formOfList(namesOnly bool) string {
	if namesOnly {
		return namesOfList
	}
	return whole
}

// pages lists what is at a path, in a form. It ends with an error, where the rest could not be listed.
func pages(ctx context.Context, client rest.Interface, path, form string) iter.Seq2[*page, error] {
	return func(yield func(*page, error) bool) {
		token := ""
		for {
			p, err := list(ctx, client, path, form, token)
			if expired := expiredToken(err); expired != "" && expired != token {
				token = expired // the rest, as it is now
				continue
			}
			if !yield(p, err) || err != nil || p.Metadata.Continue == "" {
				return
			}
			token = p.Metadata.Continue
		}
	}
}

func list(ctx context.Context, client rest.Interface, path, form, token string) (*page, error) {
	request := client.Get().AbsPath(path).
		SetHeader("Accept", form).
		Param("limit", strconv.Itoa(pageSize))
	if token != "" {
		request = request.Param("continue", token)
	}
	return read(ctx, request, path)
}

// listOne lists the object of a name alone: whoever may list may not always get.
func listOne(ctx context.Context, client rest.Interface, path, name string) (*page, error) {
	return read(ctx, client.Get().AbsPath(path).SetHeader("Accept", whole).Param("fieldSelector", "metadata.name="+name), path)
}

func read(ctx context.Context, request *rest.Request, path string) (*page, error) {
	result := request.Do(ctx)
	if err := result.Error(); err != nil { // Raw does not read what a failure says
		return nil, err
	}
	raw, err := result.Raw()
	if err != nil {
		return nil, err
	}
	var p page
	if err := json.Unmarshal(raw, &p); err != nil {
		return nil, fmt.Errorf("reading the list %s: %w", path, err)
	}
	return &p, nil
}

// expiredToken is how a list goes on that has taken longer than the API server keeps its version.
func expiredToken(err error) string {
	if status, ok := errors.AsType[*apierrors.StatusError](err); ok && apierrors.IsResourceExpired(err) {
		return status.ErrStatus.Continue
	}
	return ""
}

// path is where a resource is listed, in all namespaces.
func path(resource schema.GroupVersionResource) string { return pathIn(resource, "") }

// pathIn is where a resource is listed in a namespace.
func pathIn(resource schema.GroupVersionResource, namespace string) string {
	base := "/apis/" + resource.Group + "/" + resource.Version
	if resource.Group == "" {
		base = "/api/" + resource.Version
	}
	if namespace != "" {
		base += "/namespaces/" + namespace
	}
	return base + "/" + resource.Resource
}
