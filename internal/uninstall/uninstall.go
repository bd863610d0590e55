// Package uninstall takes Taffrail out of a cluster: what calls it first, and the Namespace last.
//
// Everything is found by its name. What is not there is not missed, and what
// cannot be deleted does not keep the rest from being deleted.
package uninstall

import (
	"context"
	"errors"
	"fmt"
	"io"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"taffrail.dev/taffrail/internal/cluster"
)

// Remover deletes, and says so.
type Remover struct {
	client client.Client
	out    io.Writer
	// Deleted counts what was there.
	Deleted int
	helm    bool
}

// New prepares a Remover that tells out what it deletes. Nothing is asked of the API server yet.
func New(config *rest.Config, out io.Writer) (*Remover, error) {
	c, err := cluster.NewClients(config).Objects(runtime.NewScheme())
	if err != nil {
		return nil, err
	}
	return &Remover{client: c, out: out}, nil
}

// Helm tells whether anything that was deleted was Helm's.
func (r *Remover) Helm() bool { return r.helm }

func (r *Remover) say(format string, args ...any) { fmt.Fprintf(r.out, format+"\n", args...) }

// object is one that is deleted, by kind and name.
type object struct {
	group, version, kind, namespace, name string
}

func (o object) String() string {
	if o.namespace != "" {
		return fmt.Sprintf("%s %s/%s", o.kind, o.namespace, o.name)
	}
	return o.kind + " " + o.name
}

func (o object) empty() *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetAPIVersion(o.version)
	if o.group != "" {
		u.SetAPIVersion(o.group + "/" + o.version)
	}
	u.SetKind(o.kind)
	u.SetNamespace(o.namespace)
	u.SetName(o.name)
	return u
}

// delete deletes one object, and answers whether it was there.
func (r *Remover) delete(ctx context.Context, o object) (bool, error) {
	err := r.client.Delete(ctx, o.empty(), client.PropagationPolicy(metav1.DeletePropagationBackground))
	switch {
	case gone(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("delete %s: %w", o, err)
	}
	r.Deleted++
	r.say("deleted %s", o)
	return true, nil
}

// all deletes one after the other, past errors.
func (r *Remover) all(ctx context.Context, objects []object) error {
	var failed []error
	for _, o := range objects {
		_, err := r.delete(ctx, o)
		failed = append(failed, err)
	}
	return errors.Join(failed...)
}

// read answers an object, or nil when it is not there, or of no kind that the cluster knows.
func (r *Remover) read(ctx context.Context, o object) (*unstructured.Unstructured, error) {
	u := o.empty()
	err := r.client.Get(ctx, client.ObjectKeyFromObject(u), u)
	switch {
	case gone(err):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("read %s: %w", o, err)
	}
	return u, nil
}

func gone(err error) bool { return apierrors.IsNotFound(err) || meta.IsNoMatchError(err) }
