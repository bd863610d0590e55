package access_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/assert"

	"taffrail.dev/taffrail/internal/access"
)

func TestAPageForThisMachine(t *testing.T) {
	for host, want := range map[string]int{
		"localhost":                http.StatusOK,
		"localhost:8080":           http.StatusOK,
		"127.0.0.1:8080":           http.StatusOK,
		"[::1]:8080":               http.StatusOK,
		"[::1]":                    http.StatusOK,
		"evil.example.com":         http.StatusForbidden,
		"evil.example.com:8080":    http.StatusForbidden,
		"localhost.example.com":    http.StatusForbidden,
		"127.0.0.1.example.com:80": http.StatusForbidden,
		"192.0.2.1:8080":           http.StatusForbidden,
		"":                         http.StatusForbidden,
	} {
		t.Run(host, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.Host = host
			w := httptest.NewRecorder()
			access.Local(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
			assert.Equal(t, want, w.Code)
		})
	}
}
