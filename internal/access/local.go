package access

import (
	"net"
	"net/http"
	"strings"
)

// Local lets through who names this machine in the URL. A name of their own that leads to a
// loopback address is how a page of somebody else's reads what is served there (DNS rebinding).
func Local(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		if !IsLoopback(host) {
			refuse(w, http.StatusForbidden, "this page is for this machine: open it as http://localhost")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// IsLoopback tells whether a host, by its name or address, is this machine and no other reaches it.
func IsLoopback(host string) bool {
	address := net.ParseIP(host)
	return host == "localhost" || address != nil && address.IsLoopback()
}
