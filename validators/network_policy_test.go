package validators

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/stretchr/testify/assert"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func block(cidr string) networkingv1.NetworkPolicyPeer {
	return networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: cidr}}
}

func ports(first, last int32) networkingv1.NetworkPolicyPort {
	return networkingv1.NetworkPolicyPort{Port: new(intstr.FromInt32(first)), EndPort: &last}
}

func ingressPolicy(rules ...networkingv1.NetworkPolicyIngressRule) *networkingv1.NetworkPolicySpec {
	return &networkingv1.NetworkPolicySpec{Ingress: rules}
}

func TestWhatOverlapsIsCountedOnce(t *testing.T) {
	halfTwice := []networkingv1.NetworkPolicyPeer{block("0.0.0.0/1"), block("0.0.0.0/2"), block("64.0.0.0/2")}
	assert.Empty(t, ingressRules(ingressPolicy(networkingv1.NetworkPolicyIngressRule{From: halfTwice})).reach())

	halfOfThePortsTwice := networkingv1.NetworkPolicyIngressRule{Ports: []networkingv1.NetworkPolicyPort{ports(1, 32767), ports(1, 32767)}}
	assert.Empty(t, ingressRules(ingressPolicy(halfOfThePortsTwice, halfOfThePortsTwice)).reach())
}

// Each port is open, but none from everywhere.
func TestADiagonalOfAddressesAndPortsIsNotEverything(t *testing.T) {
	assert.Empty(t, ingressRules(ingressPolicy(
		networkingv1.NetworkPolicyIngressRule{From: []networkingv1.NetworkPolicyPeer{block("0.0.0.0/1")}, Ports: []networkingv1.NetworkPolicyPort{ports(1, 32767)}},
		networkingv1.NetworkPolicyIngressRule{From: []networkingv1.NetworkPolicyPeer{block("128.0.0.0/1")}, Ports: []networkingv1.NetworkPolicyPort{ports(32768, 65535)}},
	)).reach())
}

func TestSmallNetworksThatTogetherAreTheAddressSpace(t *testing.T) {
	var all networkingv1.NetworkPolicyIngressRule
	for i := range 4096 {
		all.From = append(all.From, block(fmt.Sprintf("%d.%d.0.0/12", i>>4, i&15<<4)))
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(all.From), func(i, j int) { all.From[i], all.From[j] = all.From[j], all.From[i] })
	assert.NotEmpty(t, ingressRules(ingressPolicy(all)).reach())

	lacking := all
	lacking.From = nil
	for _, peer := range all.From {
		if peer.IPBlock.CIDR != "10.16.0.0/12" {
			lacking.From = append(lacking.From, peer)
		}
	}
	assert.Empty(t, ingressRules(ingressPolicy(lacking)).reach())
}

// What is allocated grows with the policy, not with its peers times its ports.
func TestManyPeersAndPortsAreEvaluatedInLinearMemory(t *testing.T) {
	allocated := func(n int) float64 {
		everywhere := block("0.0.0.0/0")
		rule := networkingv1.NetworkPolicyIngressRule{From: []networkingv1.NetworkPolicyPeer{everywhere}}
		for i := range n {
			everywhere.IPBlock.Except = append(everywhere.IPBlock.Except, fmt.Sprintf("10.%d.%d.1/32", i/256, i%256))
			rule.Ports = append(rule.Ports, ports(int32(i*65535/n+1), int32((i+1)*65535/n-1)))
		}
		rules := ingressRules(ingressPolicy(rule))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		assert.NotEmpty(t, rules.reach())
		runtime.ReadMemStats(&after)
		return float64(after.TotalAlloc - before.TotalAlloc)
	}
	assert.Less(t, allocated(512)/allocated(128), 5.)
}
