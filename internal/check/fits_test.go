package check

import (
	"encoding/json"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	kjson "sigs.k8s.io/json"

	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/manifest"
)

// What fits is not gone through with Check: nothing may be found in it. Few manifests have a mistake,
// so each fixture is also spoilt, in every value and with a field more.
func TestWhatFitsHasNoMistake(t *testing.T) {
	files, err := filepath.Glob("../../validators/testdata/*/*.yaml")
	require.NoError(t, err)
	fields, fit := builtin.NewFields(), 0
	for _, object := range manifest.Read(nil, files...).Objects {
		gvk := object.GroupVersionKind()
		if !builtin.Has(gvk) {
			continue
		}
		for _, spoilt := range append(spoil(t, object.Raw), object.Raw) {
			if builtin.Decode(gvk, spoilt) != nil {
				fit++
				assert.Empty(t, mistakesIn(t, fields, object, spoilt), "%s: %s", object.File, spoilt)
			}
		}
	}
	assert.NotZero(t, fit)
}

func mistakesIn(t *testing.T, fields *builtin.Fields, object *manifest.Object, raw []byte) []builtin.Mistake {
	t.Helper()
	var document map[string]any
	require.NoError(t, kjson.UnmarshalCaseSensitivePreserveInts(raw, &document))
	mistakes, _ := fields.Check(object.GroupVersionKind(), document)
	return mistakes
}

// spoil replaces each value by those of other types, one at a time, and puts a field into each mapping.
func spoil(t *testing.T, raw []byte) (all [][]byte) {
	t.Helper()
	var document any
	require.NoError(t, kjson.UnmarshalCaseSensitivePreserveInts(raw, &document))
	emit := func() {
		spoilt, err := json.Marshal(document)
		require.NoError(t, err)
		all = append(all, spoilt)
	}
	var walk func(value any, put func(any))
	walk = func(value any, put func(any)) {
		if put != nil {
			for _, other := range []any{nil, "a", int64(1), 1.5, int64(1) << 40, true, []any{}, map[string]any{}} {
				put(other)
				emit()
			}
			put(value)
		}
		switch value := value.(type) {
		case map[string]any:
			for name, below := range value {
				if name != "apiVersion" && name != "kind" {
					walk(below, func(other any) { value[name] = other })
				}
			}
			value["nobodysField"] = "a"
			emit()
			delete(value, "nobodysField")
		case []any:
			for i, below := range value {
				walk(below, func(other any) { value[i] = other })
			}
		}
	}
	walk(document, nil)
	return all
}
