//go:build linux

package load

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"taffrail.dev/taffrail/e2e/load/reviews"
)

// Program is a server that can be started.
type Program struct {
	// Name stands for it in results.
	Name string
	// Command is the program and its arguments. {port}, {port2} and {port3} become free ports of the loopback,
	// of which the first takes reviews.
	Command []string
	// Env is set for it, beside this process's own, with ports as in the command.
	Env []string
	// Paths are where the reviews of a kind are sent, after the path of a Pod's. Without any all are sent to one;
	// with some, what is of another kind is not sent at all.
	Paths map[string]string
}

// Server is a program that runs.
type Server struct {
	Program
	Address string

	process *os.Process
	exited  chan struct{}
	said    tail
	replace *strings.Replacer
}

// Replace puts the ports of the server where the command of its program has {port} and the like.
func (s *Server) Replace(texts []string) []string {
	replaced := make([]string, len(texts))
	for i, text := range texts {
		replaced[i] = s.replace.Replace(text)
	}
	return replaced
}

// Start starts a program and waits until it takes connections.
func (p Program) Start(ctx context.Context) (*Server, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, err
	}
	s := &Server{Program: p, Address: "127.0.0.1:" + ports[0], exited: make(chan struct{})}
	s.replace = strings.NewReplacer("{port}", ports[0], "{port2}", ports[1], "{port3}", ports[2])
	command := s.Replace(p.Command)
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Env = append(os.Environ(), s.Replace(p.Env)...)
	cmd.Stdout, cmd.Stderr = &s.said, &s.said
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", p.Name, err)
	}
	s.process = cmd.Process
	go func() {
		_ = cmd.Wait()
		close(s.exited)
	}()
	if err := s.answering(ctx); err != nil {
		s.Stop()
		return nil, fmt.Errorf("starting %s: %w; it said: %s", p.Name, err, s.said.String())
	}
	return s, nil
}

// Stop ends the server. Nobody waits for its answers any more, so it need not drain.
func (s *Server) Stop() {
	_ = s.process.Kill()
	<-s.exited
}

// Pid is the process of the server.
func (s *Server) Pid() int { return s.process.Pid }

// Certificate is the one that the server serves with, as PEM.
func (s *Server) Certificate() ([]byte, error) {
	connection, err := tls.Dial("tcp", s.Address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		return nil, fmt.Errorf("asking %s for its certificate: %w", s.Name, err)
	}
	defer connection.Close()
	leaf := connection.ConnectionState().PeerCertificates[0]
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw}), nil
}

func (s *Server) answering(ctx context.Context) error {
	deadline := time.After(20 * time.Second)
	for {
		if c, err := dial(ctx, s.Address); err == nil {
			c.close()
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-s.exited:
			return errors.New("it has ended")
		case <-deadline:
			return errors.New("it takes no connection")
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// knows tells whether the program has a webhook for all that is sent.
func (p Program) knows(w reviews.Workload) bool {
	return p.Paths == nil || !slices.ContainsFunc(w.Calls, func(c reviews.Call) bool {
		_, known := p.Paths[c.Kind]
		return !known
	})
}

func (p Program) calls(w reviews.Workload) []call {
	calls := make([]call, len(w.Calls))
	for i, c := range w.Calls {
		calls[i] = call{c.Path + p.Paths[c.Kind], c.Review}
	}
	return calls
}

func freePorts(n int) (ports []string, err error) {
	for range n {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		defer listener.Close()
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		ports = append(ports, port)
	}
	return ports, nil
}

// tail is the end of what a server says. It says it into a pipe, as in a container.
type tail struct {
	mu   sync.Mutex
	text []byte
}

var _ io.Writer = (*tail)(nil)

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.text = append(t.text, p...)
	if most := 4 << 10; len(t.text) > most {
		t.text = bytes.Clone(t.text[len(t.text)-most:])
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.text)
}
