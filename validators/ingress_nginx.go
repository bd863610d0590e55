package validators

import (
	"bytes"
	"strconv"
	"strings"
)

// nginxPrefix is what ingress-nginx's annotations begin with, unless its controller is told
// otherwise by --annotations-prefix.
const nginxPrefix = "nginx.ingress.kubernetes.io/"

// isNginxAnnotation tells whether ingress-nginx may read an annotation: under its own prefix any,
// and under every other one those that bear a name of its own.
func isNginxAnnotation(key string) bool {
	if strings.HasPrefix(key, nginxPrefix) {
		return true
	}
	_, name, prefixed := strings.Cut(key, "/")
	return prefixed && nginxAnnotations[name]
}

// isSnippet goes by the end of the name, which is the same under every prefix.
func isSnippet(key string) bool {
	return strings.HasSuffix(key, "-snippet") || strings.HasSuffix(key, "-snippets")
}

// namesObject tells whether the value of an annotation is the name of a Secret or a ConfigMap. The
// controller makes names of files of it.
func namesObject(key string) bool {
	switch key[strings.LastIndexByte(key, '/')+1:] {
	case "auth-secret", "auth-tls-secret", "proxy-ssl-secret", "secure-verify-ca-secret", "auth-proxy-set-headers", "custom-headers",
		"fastcgi-params-configmap":
		return true
	}
	return false
}

// isObjectName takes name and namespace/name.
func isObjectName(value string) bool {
	namespace, name, both := strings.Cut(value, "/")
	if !both {
		return isPlainName(value)
	}
	return namespace != "" && name != "" && isPlainName(namespace) && isPlainName(name)
}

func isPlainName(name string) bool {
	return strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == "" && !strings.Contains(name, "..")
}

// directiveIn names what a value holds that ends a directive of nginx or is a
// dangerous one, or answers "".
func directiveIn(value string) string {
	if i := strings.IndexAny(value, "{};'\"`\r\n\x00"); i >= 0 {
		return strconv.QuoteRune(rune(value[i]))
	}
	for _, word := range [...]string{"load_module", "lua_package", "_by_lua", "ssl_engine", "proxy_pass"} {
		if strings.Contains(value, word) {
			return word
		}
	}
	return ""
}

// controllerDirs are where a path must not begin, and controllerFiles what it must not hold anywhere.
var (
	controllerDirs  = [...]string{"/etc", "/root", "/run/secrets", "/var/run/secrets"}
	controllerFiles = [...]string{
		"/run/secrets/", "kubernetes.io/serviceaccount", "/kubernetes/serviceaccount",
		"/etc/passwd", "/etc/shadow", "/etc/group", "/etc/nginx", "/etc/ingress-controller", "/etc/kubernetes",
	}
)

// fileIn names the directory of the controller's that a value leads to, or the way out of its own,
// or answers "". It reads the value as nginx may: decoded, and without what makes it a pattern.
func fileIn(value string) string {
	if strings.IndexByte(value, '/') < 0 {
		return ""
	}
	var onStack [256]byte
	at := plainPath(append(onStack[:0], strings.TrimLeft(value, "^~*=( ")...))
	if leadsUp(at) {
		return `".."`
	}
	for _, dir := range controllerDirs {
		if bytes.HasPrefix(at, []byte(dir)) && (len(at) == len(dir) || bytes.IndexByte([]byte("/$)"), at[len(dir)]) >= 0) {
			return dir
		}
	}
	for _, file := range controllerFiles {
		if bytes.Contains(at, []byte(file)) {
			return file
		}
	}
	return ""
}

func leadsUp(at []byte) bool {
	for i := 0; i+1 < len(at); i++ {
		if at[i] == '.' && at[i+1] == '.' && (i == 0 || at[i-1] == '/') && (i+2 == len(at) || at[i+2] == '/') {
			return true
		}
	}
	return false
}

// plainPath undoes, in place, percent encodings and those of encodings, the backslashes of patterns,
// and steps that lead nowhere.
func plainPath(at []byte) []byte {
	for range 4 { // what is encoded deeper nobody decodes
		if bytes.IndexByte(at, '%') < 0 {
			break
		}
		at = decoded(at)
	}
	out := at[:0]
	for _, c := range at {
		switch {
		case c == '\\':
			continue
		case c == '/' && bytes.HasSuffix(out, []byte("/")):
			continue
		case c == '/' && bytes.HasSuffix(out, []byte("/.")):
			out = out[:len(out)-1]
			continue
		}
		out = append(out, c)
	}
	return out
}

func decoded(at []byte) []byte {
	out := at[:0]
	for i := 0; i < len(at); i++ {
		c := at[i]
		if c == '%' && i+2 < len(at) && isHex(at[i+1]) && isHex(at[i+2]) {
			c, i = hex(at[i+1])<<4|hex(at[i+2]), i+2
		}
		out = append(out, c)
	}
	return out
}

func isHex(c byte) bool { return c >= '0' && c <= '9' || lower(c) >= 'a' && lower(c) <= 'f' }

func hex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return lower(c) - 'a' + 10
}

// nginxAnnotations are the names of ingress-nginx's annotations, those that it has given up included.
var nginxAnnotations = setOf(
	"affinity", "affinity-canary-behavior", "affinity-mode", "allowlist-source-range", "app-root",
	"auth-always-set-cookie", "auth-cache-duration", "auth-cache-key", "auth-keepalive",
	"auth-keepalive-requests", "auth-keepalive-share-vars", "auth-keepalive-timeout", "auth-method",
	"auth-proxy-set-headers", "auth-realm", "auth-request-redirect", "auth-response-headers",
	"auth-secret", "auth-secret-type", "auth-signin", "auth-signin-redirect-param",
	"auth-tls-error-page", "auth-tls-match-cn", "auth-tls-pass-certificate-to-upstream",
	"auth-tls-secret", "auth-tls-verify-client", "auth-tls-verify-depth", "auth-type", "auth-url",
	"backend-protocol", "canary", "canary-by-cookie", "canary-by-header",
	"canary-by-header-pattern", "canary-by-header-value", "canary-weight", "canary-weight-total",
	"client-body-buffer-size", "connection-proxy-header", "cors-allow-credentials",
	"cors-allow-headers", "cors-allow-methods", "cors-allow-origin", "cors-expose-headers",
	"cors-max-age", "custom-headers", "custom-http-errors", "default-backend",
	"denylist-source-range", "disable-proxy-intercept-errors", "enable-access-log", "enable-cors",
	"enable-global-auth", "enable-influxdb", "enable-modsecurity", "enable-opentelemetry",
	"enable-opentracing", "enable-owasp-core-rules", "enable-rewrite-log", "fastcgi-index",
	"fastcgi-params-configmap", "force-ssl-redirect", "from-to-www-redirect", "global-rate-limit",
	"global-rate-limit-ignored-cidrs", "global-rate-limit-key", "global-rate-limit-window",
	"http2-push-preload", "influxdb-host", "influxdb-measurement", "influxdb-port",
	"influxdb-server-name", "limit-allowlist", "limit-burst-multiplier", "limit-connections",
	"limit-rate", "limit-rate-after", "limit-rpm", "limit-rps", "limit-whitelist", "load-balance",
	"mirror-host", "mirror-request-body", "mirror-target", "modsecurity-transaction-id",
	"opentelemetry-operation-name", "opentelemetry-trust-incoming-span",
	"opentracing-trust-incoming-span", "permanent-redirect", "permanent-redirect-code",
	"preserve-trailing-slash", "proxy-body-size", "proxy-buffer-size", "proxy-buffering",
	"proxy-buffers-number", "proxy-connect-timeout", "proxy-cookie-domain", "proxy-cookie-path",
	"proxy-http-version", "proxy-max-temp-file-size", "proxy-next-upstream",
	"proxy-next-upstream-timeout", "proxy-next-upstream-tries", "proxy-read-timeout",
	"proxy-redirect-from", "proxy-redirect-to", "proxy-request-buffering", "proxy-send-timeout",
	"proxy-ssl-ciphers", "proxy-ssl-name", "proxy-ssl-protocols", "proxy-ssl-secret",
	"proxy-ssl-server-name", "proxy-ssl-verify", "proxy-ssl-verify-depth", "rewrite-target",
	"satisfy", "secure-verify-ca-secret", "server-alias", "service-upstream",
	"session-cookie-change-on-failure", "session-cookie-conditional-samesite-none",
	"session-cookie-domain", "session-cookie-expires", "session-cookie-max-age",
	"session-cookie-name", "session-cookie-partitioned", "session-cookie-path",
	"session-cookie-samesite", "session-cookie-secure", "ssl-ciphers", "ssl-passthrough",
	"ssl-prefer-server-ciphers", "ssl-redirect", "temporal-redirect", "temporal-redirect-code",
	"upstream-hash-by", "upstream-hash-by-subset", "upstream-hash-by-subset-size", "upstream-vhost",
	"use-port-in-redirects", "use-regex", "whitelist-source-range", "x-forwarded-prefix",
)

func setOf(names ...string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}
