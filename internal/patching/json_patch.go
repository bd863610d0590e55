package patching

import (
	"encoding/json"
	"errors"
	"fmt"

	jsonpatch "gopkg.in/evanphx/json-patch.v4"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/workload"
)

// JSONPatch applies a JSON patch (RFC 6902). As in a MutatingAdmissionPolicy, one with a test that
// fails changes nothing.
func JSONPatch(object map[string]any, patch []byte) (map[string]any, error) {
	raw, err := json.Marshal(object)
	if err != nil {
		return nil, fmt.Errorf("write the object: %w", err)
	}
	patched, err := JSONPatchRaw(raw, patch)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	if err := kjson.UnmarshalCaseSensitivePreserveInts(patched, &out); err != nil {
		return nil, fmt.Errorf("the JSON patch makes no object of it: %w", err)
	}
	return out, nil
}

// JSONPatchRaw is JSONPatch for an object in JSON.
func JSONPatchRaw(object, patch []byte) ([]byte, error) {
	operations, err := jsonpatch.DecodePatch(patch)
	if err != nil {
		return nil, fmt.Errorf("read the JSON patch: %w", err)
	}
	patched, err := operations.Apply(object)
	switch {
	case errors.Is(err, jsonpatch.ErrTestFailed):
		return object, nil
	case err != nil:
		return nil, fmt.Errorf("apply the JSON patch: %w", err)
	}
	return patched, nil
}

// Apply applies operations of our own.
func Apply(object map[string]any, operations []workload.Operation) (map[string]any, error) {
	if len(operations) == 0 {
		return object, nil
	}
	patch, err := workload.EncodePatch(operations)
	if err != nil {
		return nil, fmt.Errorf("write a JSON patch: %w", err)
	}
	return JSONPatch(object, patch)
}
