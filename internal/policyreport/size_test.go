package policyreport

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/api/v1alpha1"
)

func TestARowIsNeverLargerThanWasReckoned(t *testing.T) {
	for _, text := range []string{"", "plain", `"quoted" \ <b>&</b>`, "\x00\t\n\x1f\x7f", "日本 \u2028\u2029 🚀", "\xff\xfe"} {
		f := finding(object("shop", "web"), "image-latest-tag", v1alpha1.Deny, 0)
		row := catalogue{}.rowOf(&f)
		row.Timestamp = &Timestamp{Seconds: 1<<63 - 1, Nanos: 999_999_999}
		row.Message, row.Properties["path"], row.Resources[0].Name = strings.Repeat(text, 20), text, text
		raw, err := json.Marshal(row)
		require.NoError(t, err)
		assert.LessOrEqual(t, len(raw), sizeOf(&row), "%q", text)
	}
	f := finding(object("shop", "web"), "image-latest-tag", v1alpha1.Deny, 0)
	row := catalogue{}.rowOf(&f)
	raw, err := json.Marshal(row)
	require.NoError(t, err)
	assert.InDelta(t, len(raw), sizeOf(&row), 150, "and not by much")
}
