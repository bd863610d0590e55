package main

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/intstr"

	"taffrail.dev/taffrail/internal/workload"
)

// full is an object of a kind with every field set: each list has an item, each map an entry.
func full(gvk schema.GroupVersionKind) (map[string]any, error) {
	object := workload.New(gvk)
	fill(reflect.ValueOf(object).Elem(), "")
	object.GetObjectKind().SetGroupVersionKind(gvk)
	encoded, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", gvk, err)
	}
	var document map[string]any
	return document, json.Unmarshal(encoded, &document)
}

func fill(v reflect.Value, name string) {
	switch v.Interface().(type) {
	case resource.Quantity:
		v.Set(reflect.ValueOf(resource.MustParse("1Gi")))
		return
	case metav1.Time:
		v.Set(reflect.ValueOf(metav1.NewTime(time.Unix(0, 0).UTC())))
		return
	case metav1.MicroTime:
		v.Set(reflect.ValueOf(metav1.NewMicroTime(time.Unix(0, 0).UTC())))
		return
	case metav1.FieldsV1:
		v.Set(reflect.ValueOf(*metav1.NewFieldsV1("{}")))
		return
	case intstr.IntOrString:
		v.Set(reflect.ValueOf(intstr.FromString("http")))
		return
	case []byte:
		v.SetBytes([]byte("value"))
		return
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), name)
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Type().Field(i); field.IsExported() {
				tag, _, _ := strings.Cut(field.Tag.Get("json"), ",")
				fill(v.Field(i), tag)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), name)
	case reflect.Map:
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key, "key")
		fill(value, "value")
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, value)
	case reflect.String:
		v.SetString(wordFor(name))
	case reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint64, reflect.Uint32:
		v.SetUint(1)
	case reflect.Bool:
		v.SetBool(true)
	}
}

// wordFor is a value that checks have something to say of.
func wordFor(name string) string {
	switch name {
	case "verbs", "resources", "apiGroups", "nonResourceURLs":
		return "*"
	case "image", "reference":
		return "nginx:latest"
	case "hostIP", "ip", "externalIPs", "addresses":
		return "192.0.2.1"
	case "cidr":
		return "0.0.0.0/0"
	case "add", "drop":
		return "SYS_ADMIN"
	case "path", "mountPath":
		return "/etc"
	case "key":
		return "example.com/key"
	default:
		return "web"
	}
}
