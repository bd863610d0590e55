package registration

import (
	"testing"

	"github.com/stretchr/testify/assert"
	authenticationv1 "k8s.io/api/authentication/v1"
)

// What an API server leaves out by the expressions is left out by LeftOut.
func TestWhoIsLeftOut(t *testing.T) {
	expressions := map[string]authenticationv1.UserInfo{
		`request.userInfo.username != "system:apiserver"`:      {Username: "system:apiserver"},
		`request.userInfo.username != "system:kube-scheduler"`: {Username: "system:kube-scheduler"},
		`!("system:nodes" in request.userInfo.groups)`:         {Username: "system:node:a", Groups: []string{"system:authenticated", "system:nodes"}},
	}
	assert.Len(t, identities, len(expressions))
	for _, condition := range identities {
		user, known := expressions[condition.Expression]
		assert.True(t, known, condition.Expression)
		assert.True(t, LeftOut(&user), condition.Expression)
	}
	assert.False(t, LeftOut(&authenticationv1.UserInfo{Username: "alice", Groups: []string{"system:masters"}}))
	assert.False(t, LeftOut(&authenticationv1.UserInfo{Username: "system:serviceaccount:kube-system:replicaset-controller"}), "it creates the Pods of every Deployment")
}
