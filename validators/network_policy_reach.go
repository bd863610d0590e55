package validators

import (
	"math"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	netutils "k8s.io/utils/net"
)

// traffic is a rule of a NetworkPolicy, of either direction.
type traffic struct {
	peers []networkingv1.NetworkPolicyPeer
	ports []networkingv1.NetworkPolicyPort
}

// rules are some of a policy's, of one direction.
type rules struct {
	spec     *networkingv1.NetworkPolicySpec
	egress   bool
	from, to int
}

func ingressRules(spec *networkingv1.NetworkPolicySpec) rules {
	return rules{spec: spec, to: len(spec.Ingress)}
}

func egressRules(spec *networkingv1.NetworkPolicySpec) rules {
	return rules{spec: spec, egress: true, to: len(spec.Egress)}
}

func (rs rules) at(i int) traffic {
	if rs.egress {
		return traffic{rs.spec.Egress[i].To, rs.spec.Egress[i].Ports}
	}
	return traffic{rs.spec.Ingress[i].From, rs.spec.Ingress[i].Ports}
}

// only is one of them.
func (rs rules) only(i int) rules {
	rs.from, rs.to = i, i+1
	return rs
}

// reach tells of what rules together let in everything: every port of TCP, but for
// a few, of every Pod, or of every address of a family, but for nothing much. TCP
// alone is enough: nearly all that a Pod serves is there.
func (rs rules) reach() (everything []string) {
	if !rs.mayReachEverything() {
		return nil
	}
	v4, v6, pods := planeV4, planeV6, planePods
	for i := rs.from; i < rs.to; i++ {
		rule := rs.at(i)
		ports := tcpPorts(rule.ports)
		if len(rule.peers) == 0 {
			v4.add(spans{{0, v4.size}}, ports)
			v6.add(spans{{0, v6.size}}, ports)
			pods.add(spans{{0, pods.size}}, ports)
			continue
		}
		var inV4, inV6, inPods spans
		for i := range rule.peers {
			switch peer := &rule.peers[i]; {
			case peer.IPBlock != nil:
				inV4, inV6 = appendBlock(inV4, inV6, peer.IPBlock)
			case everyPod(peer):
				inPods = spans{{0, pods.size}}
			}
		}
		v4.add(inV4.merged(), ports)
		v6.add(inV6.merged(), ports)
		pods.add(inPods, ports)
	}
	if v4.isOpen() {
		everything = append(everything, "IPv4")
	}
	if v6.isOpen() {
		everything = append(everything, "IPv6")
	}
	if pods.isOpen() {
		everything = append(everything, "Pods")
	}
	return everything
}

// mayReachEverything is false for nearly all policies, and allocates nothing: it
// adds up what overlaps as if nothing did.
func (rs rules) mayReachEverything() bool {
	var ports, inV4, inV6 uint64
	anybody := false
	for i := rs.from; i < rs.to; i++ {
		rule := rs.at(i)
		ports += countTCPPorts(rule.ports)
		anybody = anybody || len(rule.peers) == 0
		for i := range rule.peers {
			peer := &rule.peers[i]
			if peer.IPBlock == nil {
				anybody = anybody || everyPod(peer)
				continue
			}
			v4, v6 := countBlock(peer.IPBlock)
			inV4, inV6 = inV4+v4, min(inV6+v6, 1<<62) // no more is in use, and no sum overflows
		}
	}
	return ports >= allPorts-fewPorts && (anybody ||
		inV4+planeV4.much > planeV4.used() || inV6+planeV6.much > planeV6.used())
}

// Ports of TCP are 1 to 65,535. A range that leaves out less than one in a
// hundred is all of them; one that leaves out those below 1024 is not.
const (
	allPorts = math.MaxUint16
	fewPorts = allPorts / 100
)

// tcpPorts are the ports of TCP that a rule lets in, all when it names none. A
// port by its name is one.
func tcpPorts(ports []networkingv1.NetworkPolicyPort) spans {
	if len(ports) == 0 {
		return spans{{1, allPorts + 1}}
	}
	var out spans
	for i := range ports {
		if s := tcpRange(&ports[i]); s.from < s.to {
			out = append(out, s)
		}
	}
	return out.merged()
}

func tcpRange(p *networkingv1.NetworkPolicyPort) span {
	switch {
	case p.Protocol != nil && *p.Protocol != corev1.ProtocolTCP:
		return span{}
	case p.Port == nil:
		return span{1, allPorts + 1}
	case p.Port.IntVal <= 0 || p.Port.IntVal > allPorts:
		return span{}
	}
	last := p.Port.IntVal
	if p.EndPort != nil {
		last = min(max(last, *p.EndPort), allPorts)
	}
	return span{uint64(p.Port.IntVal), uint64(last) + 1} //nolint:gosec // between 1 and 65,535
}

// countTCPPorts counts the ports of TCP in ranges, those in two twice.
func countTCPPorts(ports []networkingv1.NetworkPolicyPort) (n uint64) {
	if len(ports) == 0 {
		return allPorts
	}
	for i := range ports {
		s := tcpRange(&ports[i])
		n += s.to - s.from
	}
	return n
}

// everyPod tells whether a peer is all Pods of all Namespaces. Without a
// namespaceSelector it is those of the policy's own.
func everyPod(peer *networkingv1.NetworkPolicyPeer) bool {
	return peer.NamespaceSelector != nil && namesNobody(peer.NamespaceSelector) &&
		(peer.PodSelector == nil || namesNobody(peer.PodSelector))
}

// namesNobody tells whether a selector lets in whoever has not been labelled:
// it is empty, or says only whom to keep out. Every Namespace has the label of
// its name, so to ask for that is to ask for nothing.
func namesNobody(selector *metav1.LabelSelector) bool {
	if len(selector.MatchLabels) > 0 {
		return false
	}
	for _, r := range selector.MatchExpressions {
		always := r.Key == corev1.LabelMetadataName
		switch r.Operator {
		case metav1.LabelSelectorOpExists:
			if !always {
				return false
			}
		case metav1.LabelSelectorOpDoesNotExist:
			if always {
				return false
			}
		case metav1.LabelSelectorOpNotIn:
		default:
			return false
		}
	}
	return true
}

// countBlock counts the addresses of a block in either family that somebody may
// have, but for those of the largest network that it leaves out.
func countBlock(block *networkingv1.IPBlock) (inV4, inV6 uint64) {
	prefix, ok := parsePrefix(block.CIDR)
	if !ok {
		return 0, 0
	}
	count, nobodys := &inV6, nobodysV6
	if prefix.Addr().Is4() {
		count, nobodys = &inV4, nobodysV4
	}
	whole, _ := spanOf(prefix)
	largest := uint64(0)
	for _, text := range block.Except {
		if except, ok := parsePrefix(text); ok && except.Addr().Is4() == prefix.Addr().Is4() {
			left, _ := spanOf(except)
			largest = max(largest, left.within(whole).used(nobodys))
		}
	}
	*count = whole.used(nobodys) - largest
	return inV4, inV6
}

// appendBlock appends the addresses of a block to those of its family. Of IPv6 networks of 64 bits
// are counted: what is smaller is nothing much, let in or left out.
func appendBlock(inV4, inV6 spans, block *networkingv1.IPBlock) (spans, spans) {
	prefix, ok := parsePrefix(block.CIDR)
	if !ok {
		return inV4, inV6 // the API server refuses it
	}
	whole, counts := spanOf(prefix)
	if !counts {
		return inV4, inV6
	}
	var left spans
	for _, text := range block.Except {
		if except, ok := parsePrefix(text); ok && except.Addr().Is4() == prefix.Addr().Is4() {
			if s, counts := spanOf(except); counts {
				left = append(left, s)
			}
		}
	}
	if prefix.Addr().Is4() {
		return left.merged().cutFrom(inV4, whole), inV6
	}
	return inV4, left.merged().cutFrom(inV6, whole)
}

// parsePrefix reads a network as the API server does, which takes 010.0.0.0/8,
// and ::ffff:0:0/96 for all of IPv4.
func parsePrefix(text string) (netip.Prefix, bool) {
	if prefix, err := netip.ParsePrefix(text); err == nil && !prefix.Addr().Is4In6() {
		return prefix.Masked(), true // nearly always, and without allocating
	}
	_, network, err := netutils.ParseCIDRSloppy(text)
	if err != nil {
		return netip.Prefix{}, false
	}
	address, _ := netip.AddrFromSlice(network.IP)
	bits, _ := network.Mask.Size()
	if address.Is4In6() {
		return netip.PrefixFrom(address.Unmap(), bits-96), true
	}
	return netip.PrefixFrom(address, bits), true
}

// spanOf are the numbers of the addresses, or of the networks of 64 bits, in a
// network. What is smaller than one of those has none.
func spanOf(prefix netip.Prefix) (s span, counts bool) {
	bits, size := prefix.Bits(), 32
	bytes := prefix.Addr().As16()
	low, high := bytes[12:16], bytes[:8]
	number := low
	if prefix.Addr().Is6() {
		size, number = 64, high
	}
	if bits > size {
		return span{}, false
	}
	for _, b := range number {
		s.from = s.from<<8 | uint64(b)
	}
	s.to = (s.from | (1<<(size-bits) - 1)) + 1
	if s.to == 0 {
		s.to = math.MaxUint64 // nobody's in any case
	}
	return s, true
}
