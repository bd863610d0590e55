// Package sender tells senders of reviews apart by their addresses, and bounds
// what each of them, and all together, can have written.
package sender

import "net/netip"

// Of is the sender at a remote address, as net/http gives it. Headers that name another address
// (X-Forwarded-For, Forwarded) are anybody's to set, and not read. Whoever has one address of an
// IPv6 subnet has all 2^64 of them: they are one sender.
func Of(remoteAddress string) string {
	at, err := netip.ParseAddrPort(remoteAddress)
	if err != nil {
		return ""
	}
	address := at.Addr().Unmap().WithZone("")
	if address.Is6() {
		if subnet, err := address.Prefix(64); err == nil {
			return subnet.String()
		}
	}
	return address.String()
}
