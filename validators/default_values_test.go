package validators

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"taffrail.dev/taffrail/internal/workload"
)

// TestDefaultsAreSaidToBe: a value that is shown and stands nowhere in the object is the API
// server's, and is said to be.
func TestDefaultsAreSaidToBe(t *testing.T) {
	// What these show is taken from elsewhere in the object, or is nothing at all.
	elsewhere := []string{"default-service-account", "memory-request-equals-limit", "selector-mismatch"}
	shown := 0
	for _, v := range ofOneObject() {
		if slices.Contains(elsewhere, v.Name) {
			continue
		}
		files, err := filepath.Glob(filepath.Join("testdata", v.Name, "fail-*.yaml"))
		require.NoError(t, err)
		for _, file := range files {
			f := readFixture(t, file)
			if f.operation != admissionv1.Create {
				continue // it may show what the old object has
			}
			var document any
			require.NoError(t, json.Unmarshal(f.object, &document))
			for _, found := range f.evaluate(t, v) {
				if found.Value == nil || standsIn(document, found.Path) || found.Type != field.ErrorTypeInvalid && found.Type != field.ErrorTypeNotSupported {
					continue
				}
				shown++
				assert.Contains(t, found.Message(), " (the default): must", "%s: %s", file, found.Path)
			}
		}
	}
	assert.Greater(t, shown, 5)
}

// standsIn tells whether there is anything at a path of a document.
func standsIn(document any, path *workload.Path) bool {
	for step := range strings.SplitSeq(strings.TrimPrefix(path.Pointer(), "/"), "/") {
		step = strings.NewReplacer("~1", "/", "~0", "~").Replace(step)
		switch at := document.(type) {
		case map[string]any:
			document = at[step]
		case []any:
			i, err := strconv.Atoi(step)
			if err != nil || i >= len(at) {
				return false
			}
			document = at[i]
		}
	}
	return document != nil
}
