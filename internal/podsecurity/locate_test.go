package podsecurity

import (
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"
)

// A port without an address takes that of every address, so only a real one limits it.
func TestAHostPortIsLimitedByItsAddress(t *testing.T) {
	port := Part{Name: "port", Items: []string{"8080/TCP"}}
	for address, parts := range map[string][]Part{
		"":          {port},
		"0.0.0.0":   {port},
		"::":        {port},
		"127.0.0.1": {port, {Name: "address", Items: []string{"127.0.0.1"}}},
	} {
		assert.Equal(t, parts, hostPortParts(corev1.ContainerPort{HostPort: 8080, HostIP: address}), address)
	}
}
