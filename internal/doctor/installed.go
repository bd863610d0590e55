package doctor

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"taffrail.dev/taffrail/internal/names"
)

// install is what to do when something is missing. Without the choices that
// were made, it would take them back: the image, who makes certificates.
const install = "install it again, with the choices that it had: `taffrail install ... | kubectl apply --server-side -f -`, or `helm upgrade`"

var installed = Check{
	Name:    "installed",
	Summary: "definitions, Deployment, Service and webhook configurations are there",
	Run: func(ctx context.Context, i *Installation) ([]Finding, error) {
		var found []Finding
		var errs []error
		namespace := &corev1.Namespace{}
		if err := i.there(ctx, client.ObjectKey{Name: names.Namespace}, namespace, "Namespace", &found); err != nil {
			errs = append(errs, err)
		}
		if namespace.DeletionTimestamp != nil {
			found = append(found, Finding{
				Fail, "it is being deleted", "Namespace " + names.Namespace,
				"wait until it is gone, or see what its status says it waits for; then install again",
			})
		}
		files, outside := i.fromFiles(ctx), i.outside(ctx)
		if !outside {
			key := client.ObjectKey{Namespace: names.Namespace, Name: names.Name}
			_, err := i.deployment(ctx)
			errs = append(errs, missing(err, "Deployment", key, &found), i.there(ctx, key, &corev1.Service{}, "Service", &found))
		}
		if !files {
			for _, name := range definitionNames {
				errs = append(errs, i.established(ctx, name, &found))
			}
		}
		ours, err := i.ours(ctx)
		errs = append(errs, err)
		if err == nil {
			found = append(found, absent(ours, files)...)
		}
		return found, errors.Join(errs...)
	},
}

// there finds an object, or that it is missing.
func (i *Installation) there(ctx context.Context, key client.ObjectKey, object client.Object, kind string, found *[]Finding) error {
	return missing(i.Client.Get(ctx, key, object), kind, key, found)
}

func missing(err error, kind string, key client.ObjectKey, found *[]Finding) error {
	if !apierrors.IsNotFound(err) {
		return err
	}
	where := kind + " " + key.Name
	if key.Namespace != "" {
		where = kind + " " + key.String()
	}
	*found = append(*found, Finding{Fail, "it is not there", where, install})
	return nil
}

// absent are the configurations without which no request is evaluated.
func absent(ours []configuration, files bool) (found []Finding) {
	do := "the leader makes them once it runs: `kubectl logs -n taffrail-system deployment/taffrail --all-pods`"
	if files {
		do = "with --guardrails they are yours to apply: deploy/overlays/without-crds"
	}
	there := map[string]bool{}
	for _, c := range ours {
		there[c.kind] = true
	}
	for _, kind := range []string{mutatingKind, validatingKind} {
		if !there[kind] {
			found = append(found, Finding{Fail, "it is not there: the API server does not ask Taffrail", kind + " " + names.Name, do})
		}
	}
	return found
}

// definitionNames are the CRDs.
var definitionNames = []string{names.GuardrailDefinition, names.ExemptionDefinition}

func definition() *unstructured.Unstructured {
	object := &unstructured.Unstructured{}
	object.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
	return object
}

// established: a definition that is not there yet, or whose names are taken, serves nothing.
func (i *Installation) established(ctx context.Context, name string, found *[]Finding) error {
	object, before := definition(), len(*found)
	if err := i.there(ctx, client.ObjectKey{Name: name}, object, "CustomResourceDefinition", found); err != nil || len(*found) > before {
		return err
	}
	conditions, _, _ := unstructured.NestedSlice(object.Object, "status", "conditions")
	why := "its status says nothing"
	for _, c := range conditions {
		c, _ := c.(map[string]any)
		switch {
		case c["type"] == "Established" && c["status"] == "True":
			return nil
		case c["type"] == "Established" || c["type"] == "NamesAccepted" && c["status"] == "False":
			why = fmt.Sprint(c["message"])
		}
	}
	*found = append(*found, Finding{
		Fail, "it is not established: " + why, "CustomResourceDefinition " + name,
		"wait a moment; if it stays so, another definition may have taken its names: `kubectl get crds`",
	})
	return nil
}
