package edit

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/workload"
)

// A string is written so that it stays one, whatever version of YAML reads it.
func TestStringsStayStrings(t *testing.T) {
	for _, plain := range []string{
		"a", "100m", "128Mi", "1Gi", "RuntimeDefault", "registry.k8s.io/pause", "kubernetes.io/hostname", "/metrics", "a b",
		"app.kubernetes.io/name", "--flag=x", "$(POD_IP)", "a-b_c", "1st", "nobody", "Never",
	} {
		assertWritten(t, plain, plain)
	}
	for _, quoted := range []string{
		"", " ", "yes", "No", "ON", "off", "y", "N", "true", "False", "null", "Null", "~", "0x1F", "0o17", "017", "1e3", "1E5", "1_000", "0b1", "12:30:45",
		"1", "-1", "+1", ".5", "1.", "1.5", "10.0.0.1", ".inf", "-.INF", ".nan", "2001-12-14", "2001-12-14t21:59:43.10-05:00", "<<", "=", "-", "--", "---", "...",
		"- a", "a: b", "a:", "a #b", "#a", "*a", "&a", "!a", "%a", "@a", "`a", "|", ">", "'a", `"a`, "[a", "{a", "?", "? a", ": a", ":a", "a\tb", "a  b", " a", "a ",
		"é", "\u0085", "\u2028", "\ufeff", "\u0007", "\U0001F600", `\`, `\n`,
	} {
		assertWritten(t, quoted, quoteJSON(quoted))
	}
	assert.Equal(t, `"image:tag"`, written(t, "[x]", "/0", "image:tag")[1:12], "behind a colon in brackets some see a value")
}

func assertWritten(t *testing.T, s, want string) {
	t.Helper()
	got := written(t, "a: x\n", "/a", s)
	assert.Equal(t, "a: "+want+"\n", got)
	var read map[string]string
	require.NoError(t, yaml.Unmarshal([]byte(got), &read), got)
	assert.Equal(t, s, read["a"])
}

func written(t *testing.T, before, path string, data any) string {
	t.Helper()
	edits, err := editsOf([]byte(before), "", false, []workload.Operation{replace(path, data)})
	require.NoError(t, err)
	return string(Apply([]byte(before), edits))
}

func TestWhatIsNoString(t *testing.T) {
	for data, want := range map[any]string{
		true: "true", 1: "1", int64(1) << 60: "1152921504606846976", 1.5: "1.5", -7: "-7",
	} {
		assert.Equal(t, "a: "+want+"\n", written(t, "a: x\n", "/a", data), fmt.Sprint(data))
	}
	assert.Equal(t, "a: null\n", written(t, "a: x\n", "/a", nil))
	assert.Equal(t, "a: {}\n", written(t, "a: x\n", "/a", map[string]any{}))
	assert.Equal(t, "a: []\n", written(t, "a: x\n", "/a", []string{}))
}
