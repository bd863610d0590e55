package doctor

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestTheDocsHaveEveryCheck(t *testing.T) {
	content, err := os.ReadFile("../../docs/operations.md")
	require.NoError(t, err)
	var table strings.Builder
	table.WriteString("| check | all is well when |\n|---|---|\n")
	for _, check := range Checks() {
		fmt.Fprintf(&table, "| `%s` | %s |\n", check.Name, check.Summary)
	}
	assert.Contains(t, string(content), table.String())
}
