//go:build overload && linux

package overload

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// outcome is what became of a load.
type outcome struct{ sent, answered int }

// container is one that the default guardrail lets in, and has something to add to.
const container = `{"name":"web","image":"r.io/web:1"}`

func podOf(n int, container string) string {
	return review("Pod", "pods", `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web"},"spec":{"containers":[`+
		strings.Repeat(container+",", n-1)+container+`]}}`)
}

func configMapOf(size int) string {
	return review("ConfigMap", "configmaps", `{"apiVersion":"v1","kind":"ConfigMap","data":{"a":"`+strings.Repeat("x", size)+`"}}`)
}

func roleOf(n int) string {
	rule := `{"apiGroups":["a"],"resources":["b"],"verbs":["get","list","watch"]}`
	return strings.ReplaceAll(review("Role", "roles", `{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"Role","rules":[`+
		strings.Repeat(rule+",", n-1)+rule+`]}`), `"group":""`, `"group":"rbac.authorization.k8s.io"`)
}

func review(kind, resource, object string) string {
	return fmt.Sprintf(`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"u-1","kind":{"group":"","version":"v1","kind":%q},`+
		`"resource":{"group":"","version":"v1","resource":%q},"namespace":"shop","operation":"CREATE","dryRun":true,"userInfo":{"username":"mallory"},"object":%s}}`,
		kind, resource, object)
}

// flood sends n reviews, so many at a time.
func (s *server) flood(ctx context.Context, atATime, n int, path, body string) outcome {
	client := &http.Client{Transport: &http.Transport{DialContext: elsewhere.DialContext, TLSClientConfig: insecure(), MaxIdleConnsPerHost: atATime}}
	defer client.CloseIdleConnections()
	var sent, answered atomic.Int64
	var group sync.WaitGroup
	for range atATime {
		group.Go(func() {
			for ctx.Err() == nil && sent.Add(1) <= int64(n) {
				request, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+s.address+path+"?timeout=2s", strings.NewReader(body))
				if err != nil {
					return
				}
				request.Header.Set("Content-Type", "application/json")
				if response, err := client.Do(request); err == nil {
					if _, err = io.Copy(io.Discard, response.Body); err == nil && response.StatusCode == http.StatusOK {
						answered.Add(1)
					}
					_ = response.Body.Close()
				}
			}
		})
	}
	group.Wait()
	return outcome{min(n, int(sent.Load())), int(answered.Load())}
}

// elsewhere is where loads come from: not from the address of the API server.
var elsewhere = &net.Dialer{Timeout: 2 * time.Second, LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}

// each has so many connections at a time do something for some seconds; what ends is begun again.
func (s *server) each(ctx context.Context, n int, do func(ctx context.Context, c *tls.Conn) bool) outcome {
	ctx, cancel := context.WithTimeout(ctx, 8*time.Second)
	defer cancel()
	dialer := &tls.Dialer{NetDialer: elsewhere, Config: insecure()}
	var sent, answered atomic.Int64
	var group sync.WaitGroup
	for i := range n {
		group.Go(func() {
			pause(ctx, time.Duration(i)*3*time.Millisecond) // it is not about shaking hands
			for ctx.Err() == nil {
				c, err := dialer.DialContext(ctx, "tcp", s.address)
				if err != nil {
					pause(ctx, 100*time.Millisecond)
					continue
				}
				sent.Add(1)
				end := context.AfterFunc(ctx, func() { _ = c.Close() })
				if do(ctx, c.(*tls.Conn)) {
					answered.Add(1)
				}
				end()
				_ = c.Close()
			}
		})
	}
	group.Wait()
	return outcome{int(sent.Load()), int(answered.Load())}
}

// slowSenders send a review but for its last tenth, which never comes.
func (s *server) slowSenders(ctx context.Context, n int, body string) outcome {
	return s.each(ctx, n, func(ctx context.Context, c *tls.Conn) bool {
		_, _ = fmt.Fprintf(c, "POST %s?timeout=10s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", validate, len(body))
		most := len(body) - len(body)/10
		for i := 0; i < most && ctx.Err() == nil; i += 16 << 10 {
			if _, err := io.WriteString(c, body[i:min(i+16<<10, most)]); err != nil {
				break
			}
			pause(ctx, 20*time.Millisecond)
		}
		_, err := c.Read(make([]byte, 1))
		return err == nil
	})
}

// slowReaders send reviews, one after the other, and read none of the answers.
func (s *server) slowReaders(ctx context.Context, n int, body string) outcome {
	head := fmt.Sprintf("POST %s?timeout=10s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n", mutate, len(body))
	return s.each(ctx, n, func(ctx context.Context, c *tls.Conn) bool {
		_ = c.NetConn().(*net.TCPConn).SetReadBuffer(4 << 10)
		for ctx.Err() == nil {
			if _, err := io.WriteString(c, head+body); err != nil {
				return false
			}
			pause(ctx, 100*time.Millisecond) // it is not about how many there are
		}
		return false
	})
}

// silent connect, shake hands and say nothing.
func (s *server) silent(ctx context.Context, n int) outcome {
	return s.each(ctx, n, func(_ context.Context, c *tls.Conn) bool {
		_, err := c.Read(make([]byte, 1))
		return err == nil
	})
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
