//go:build e2e && !kind

package e2e

import (
	"errors"
	"flag"
	"fmt"
	"path"
	"strconv"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// pool holds the API servers that no test has at the moment. There are as many as tests that run
// at a time, and one is started when it is first needed.
type pool struct {
	assets  string
	tickets chan struct{} // one for each API server that may yet be started
	idle    chan *controlPlane

	mu      sync.Mutex
	started []*controlPlane
	of      map[string]*controlPlane // by the name of the test that has it
}

var shared *pool

// startClusters prepares the API servers of all tests.
func startClusters(assets string) error {
	n, err := strconv.Atoi(flag.Lookup("test.parallel").Value.String())
	if err != nil {
		return err
	}
	shared = &pool{
		assets: assets, tickets: make(chan struct{}, n), idle: make(chan *controlPlane, n), of: map[string]*controlPlane{},
	}
	for range n {
		shared.tickets <- struct{}{}
	}
	return nil
}

func stopClusters() error {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	var failures []error
	for _, c := range shared.started {
		failures = append(failures, c.stop())
	}
	return errors.Join(failures...)
}

// parallel runs the test beside others, with an API server that is as new, and that it may leave
// as it likes.
func parallel(t *testing.T) {
	t.Helper()
	t.Parallel()
	c := shared.take(t)
	before, err := c.read()
	require.NoError(t, err)
	t.Cleanup(func() {
		if err := c.restore(before); assert.NoError(t, err) {
			shared.idle <- c
		} else {
			shared.tickets <- struct{}{} // the next test gets another
		}
	})
	shared.give(t, c)
}

func (p *pool) take(t *testing.T) *controlPlane {
	t.Helper()
	select {
	case c := <-p.idle:
		return c
	default:
	}
	select {
	case c := <-p.idle:
		return c
	case <-p.tickets:
		c, err := startControlPlane(p.assets, nil)
		if err != nil {
			p.tickets <- struct{}{} // or the others would wait for it
		}
		require.NoError(t, err)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.started = append(p.started, c)
		fmt.Printf("API server %s at %s\n", c.version, c.config.Host)
		return c
	}
}

// give has the test, and its subtests, use an API server until the test ends.
func (p *pool) give(t *testing.T, c *controlPlane) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	former, had := p.of[t.Name()]
	p.of[t.Name()] = c
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		if delete(p.of, t.Name()); had {
			p.of[t.Name()] = former
		}
	})
}

// cluster is the API server of a test: its own, or that of the test that it is a part of.
func cluster(t *testing.T) *controlPlane {
	t.Helper()
	shared.mu.Lock()
	defer shared.mu.Unlock()
	for name := t.Name(); name != "."; name = path.Dir(name) {
		if c, has := shared.of[name]; has {
			return c
		}
	}
	require.FailNow(t, "the test has no API server; it begins with parallel(t)")
	return nil
}

// useControlPlane gives the test one more API server in place of the one that it has: with these
// flags, or without some of its plugins.
func useControlPlane(t *testing.T, flags map[string][]string) {
	t.Helper()
	own, err := startControlPlane(shared.assets, flags)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, own.stop()) })
	shared.give(t, own)
}

func withoutPlugin(plugin string) map[string][]string {
	return map[string][]string{"disable-admission-plugins": {plugin}}
}
