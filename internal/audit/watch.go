package audit

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strconv"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
)

// event is what a watch says of an object.
type event struct {
	Type   watch.EventType `json:"type"`
	Object json.RawMessage `json:"object"`
}

// watchTime is how long a watch is open at least, and half of how long it is at most. After watchSlack
// more it is given up: a connection that nobody closes must not be taken for one on which nothing
// happens.
const (
	watchTime  = 5 * time.Minute
	watchSlack = time.Minute
)

// openWatch follows what is at a path, from a version on. The channel ends with the watch, whose error
// is told by the function that it comes with.
func openWatch(ctx context.Context, client rest.Interface, path, form, version string) (<-chan event, func() error, error) {
	seconds := int(watchTime.Seconds()) + rand.IntN(int(watchTime.Seconds())) //nolint:gosec // spread, not secret
	stream, err := client.Get().AbsPath(path).SetHeader("Accept", form).
		Param("watch", "true").Param("allowWatchBookmarks", "true").
		Param("resourceVersion", version).Param("timeoutSeconds", strconv.Itoa(seconds)).
		Stream(ctx)
	if err != nil {
		return nil, nil, err
	}
	events := make(chan event)
	var ended error
	go func() {
		defer close(events)
		defer stream.Close()
		ended = readEvents(ctx, stream, events)
	}()
	return events, func() error { return ended }, nil
}

// readEvents passes on what a watch says until it ends. That it ends is no error.
func readEvents(ctx context.Context, stream io.Reader, events chan<- event) error {
	decoder := json.NewDecoder(stream)
	for {
		var e event
		if err := decoder.Decode(&e); err != nil {
			if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || ctx.Err() != nil {
				return nil //nolint:nilerr // watches end
			}
			return fmt.Errorf("reading a watch: %w", err)
		}
		if e.Type == watch.Error {
			var status metav1.Status
			if err := json.Unmarshal(e.Object, &status); err != nil {
				return fmt.Errorf("reading the error of a watch: %w", err)
			}
			return &apierrors.StatusError{ErrStatus: status}
		}
		select {
		case events <- e:
		case <-ctx.Done():
			return nil
		}
	}
}

// identity is what of an object must be known even where it cannot be decoded.
func identity(object json.RawMessage) (meta metav1.ObjectMeta, err error) {
	var read struct {
		Metadata struct {
			Namespace       string `json:"namespace"`
			Name            string `json:"name"`
			UID             string `json:"uid"`
			ResourceVersion string `json:"resourceVersion"`
		} `json:"metadata"`
	}
	err = json.Unmarshal(object, &read)
	meta.Namespace, meta.Name, meta.ResourceVersion = read.Metadata.Namespace, read.Metadata.Name, read.Metadata.ResourceVersion
	meta.UID = types.UID(read.Metadata.UID)
	return meta, err
}

func expired(err error) bool { return apierrors.IsResourceExpired(err) || apierrors.IsGone(err) }
