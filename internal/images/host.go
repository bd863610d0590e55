package images

import (
	"net/netip"
	"strings"
)

const (
	dockerHub = "docker.io"
	official  = "library/"
	localhost = "localhost"
)

// sameAsDockerHub are the other hosts that serve the repositories of docker.io. index.docker.io is
// read as docker.io by every runtime; registry-1.docker.io is where they connect to for it, and
// registry.hub.docker.com answers as well. hub.docker.com is a site for people, and serves none.
var sameAsDockerHub = map[string]bool{
	"index.docker.io":         true,
	"registry-1.docker.io":    true,
	"registry.hub.docker.com": true,
}

// canonicalHost is a registry, as one spelling of all that mean the same. It is not ok for a host
// that nobody can say the meaning of: 0x7f.1 is an address to some and a name to others.
func canonicalHost(text string) (host string, ok bool) {
	host, port := strings.ToLower(text), ""
	if colon := strings.LastIndexByte(host, ':'); colon > strings.LastIndexByte(host, ']') {
		host, port = host[:colon], canonicalPort(host[colon+1:])
	}
	switch {
	case strings.HasPrefix(host, "["):
		address, err := netip.ParseAddr(strings.Trim(host, "[]"))
		if err != nil {
			return "", false
		}
		if address = address.Unmap(); address.Is4() {
			host = address.String()
		} else {
			host = "[" + address.String() + "]"
		}
	case endsInNumber(host):
		if _, err := netip.ParseAddr(host); err != nil {
			return "", false
		}
	case sameAsDockerHub[host]:
		host = dockerHub
	}
	return host + port, true
}

// canonicalPort is a port with its colon. 443 is the one that is meant without.
func canonicalPort(port string) string {
	port = strings.TrimLeft(port, "0")
	if port == "" {
		port = "0"
	}
	if port == "443" {
		return ""
	}
	return ":" + port
}

// endsInNumber tells whether the last label of a host is a number, as in an IPv4
// address. No name on the internet has such a label.
func endsInNumber(host string) bool {
	label := host[strings.LastIndexByte(host, '.')+1:]
	digits := "0123456789"
	if hex, found := strings.CutPrefix(label, "0x"); found {
		label, digits = hex, "0123456789abcdef"
	}
	return strings.Trim(label, digits) == ""
}

// canonicalPath is a repository; on docker.io nginx is library/nginx.
func canonicalPath(registry, path string) string {
	if registry == dockerHub && !strings.Contains(path, "/") {
		return official + path
	}
	return path
}

// written is a registry as it is written in a reference: what has neither a dot
// nor a port would be read as a path of docker.io.
func written(registry string) string {
	if registry == localhost || strings.ContainsAny(registry, ".:") {
		return registry
	}
	return registry + ":443"
}
