package manifest

import (
	"errors"
	"fmt"
)

// Within is an object that lies in another, at a JSON Pointer. The error is about the object, and
// says with what field it begins.
func (o *Object) Within(pointer string, raw []byte) (*Object, error) {
	head, _, err := readHead(raw)
	switch {
	case err != nil:
		return nil, err
	case head.APIVersion == "" && head.Kind == "":
		return nil, errors.New("must be an object of Kubernetes, with apiVersion and kind")
	case head.APIVersion == "":
		return nil, fmt.Errorf("apiVersion: must be set for a %s", head.Kind)
	case head.Kind == "":
		return nil, fmt.Errorf("kind: must be set for an object of %s", head.APIVersion)
	}
	head.File, head.Raw, head.document, head.at = o.File, raw, o.document, o.at+pointer
	return &head, nil
}
