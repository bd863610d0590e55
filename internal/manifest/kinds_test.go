package manifest

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestADocumentOfAKindIsFound(t *testing.T) {
	for _, data := range []string{
		"kind: Namespace\n", "kind: Namespace", "kind: 'Namespace'\n", "\"kind\": \"Namespace\",\n", "{kind: Namespace}", "{kind: Namespace, a: b}",
		`{"kind":"Namespace"}`, `{"kind" : "Namespace" , "a": 1}`, "kind: Namespace # of a team\n", "kind:\n  Namespace\n", "kind: |-\n  Namespace\n",
		"kind: &a Namespace\n", "kind: !!str Namespace\n", "kind: !<tag:yaml.org,2002:str> Namespace\n", "kind: \"Namespace\\\n  \"\n", "{\"kind\":&a Namespace}",
		"kind: Namespace\r\n", "kind: Namespace\u2028a: b\n", "a: b\u0085kind: Namespace\n", "kind: NamespaceList\n", "? kind\n: Namespace\n", "- Namespace\n",
		"a: of the Namespace of b\nkind: Namespace\n",
	} {
		assert.True(t, (&fragment{data: []byte(data)}).maySay([]string{"Other", "Namespace"}), "%q", data)
	}
}

func TestATextThatNamesAKindIsNone(t *testing.T) {
	for _, data := range []string{
		"a: b\n", "description: The Namespace of the object.\n", `{"description":"Namespace to look in"}`, "# Namespace of it\n", "kind: NamespaceClaim\n",
		"kind: ClusterNamespace\n", "namespace: a\n",
	} {
		assert.False(t, (&fragment{data: []byte(data)}).maySay([]string{"Other", "Namespace"}), "%q", data)
	}
}
