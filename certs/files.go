package certs

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/cert-manager/cert-manager/pkg/util/pki"
	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/certwatcher"
)

// reread is how often the files are read, besides whenever the kernel says that they changed: it
// says nothing once a file has been away, nor on every file system. Two small files a second cost
// nothing that could be measured.
const reread = time.Second

// Files is the certificate in tls.crt and tls.key of a directory, as Kubernetes mounts a Secret of
// type kubernetes.io/tls. It follows the files: a new pair serves new connections, and the open
// ones go on.
type Files struct {
	certFile, keyFile, caFile string

	watcher *certwatcher.CertWatcher
	log     logr.Logger
}

// NewFiles reads the pair of dir.
func NewFiles(dir string, log logr.Logger) (*Files, error) {
	f := &Files{
		certFile: filepath.Join(dir, "tls.crt"),
		keyFile:  filepath.Join(dir, "tls.key"),
		caFile:   filepath.Join(dir, "ca.crt"),
		log:      log,
	}
	// Read first, apart from the watcher: a refused file and a watch that the system refuses are
	// different mistakes.
	if _, err := tls.LoadX509KeyPair(f.certFile, f.keyFile); err != nil {
		return nil, f.explain(err)
	}
	watcher, err := certwatcher.New(f.certFile, f.keyFile)
	if err != nil {
		return nil, fmt.Errorf("watch %s and %s: %w", f.certFile, f.keyFile, err)
	}
	// The rereading is done by Start, which can say what to do about a pair that is refused.
	f.watcher = watcher.WithWatchInterval(365 * 24 * time.Hour)
	return f, nil
}

// GetCertificate gives the last good pair.
func (f *Files) GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	return f.watcher.GetCertificate(hello)
}

// Expiry says when the serving certificate expires, and of the certificates in ca.crt, when there
// are any, the first.
func (f *Files) Expiry() map[string]time.Time {
	expiry := map[string]time.Time{}
	if serving, err := f.GetCertificate(nil); err == nil {
		expiry[Serving] = serving.Leaf.NotAfter
	}
	// Nothing is served from ca.crt: without it, or when it cannot be read, there is only less to
	// tell.
	content, err := os.ReadFile(f.caFile)
	if err != nil {
		return expiry
	}
	authorities, err := pki.DecodeX509CertificateSetBytes(content)
	if err != nil {
		return expiry
	}
	for _, authority := range authorities {
		if first, found := expiry[CA]; !found || authority.NotAfter.Before(first) {
			expiry[CA] = authority.NotAfter
		}
	}
	return expiry
}

// CABundle is what ca.crt holds, or nil where there is none that holds certificates: then the
// caBundle is somebody else's to write.
func (f *Files) CABundle() []byte {
	content, err := os.ReadFile(f.caFile)
	if err != nil {
		return nil
	}
	if _, err := pki.DecodeX509CertificateSetBytes(content); err != nil {
		return nil
	}
	return content
}

// Lead tells clients when there is another CABundle, until the context ends: who renews by hand
// waits for the kubelet, and then uses what the new authority has signed.
func (f *Files) Lead(ctx context.Context, clients Clients) {
	ticker := time.NewTicker(reread)
	defer ticker.Stop()
	var before []byte
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		if now := f.CABundle(); !bytes.Equal(now, before) {
			before = now
			clients.Changed()
		}
	}
}

// KeepsAuthority implements Led: whoever writes the files has the authority.
func (*Files) KeepsAuthority() bool { return false }

// Start follows the files until the context ends. A pair that cannot be served is logged once, and
// the last good one goes on serving.
func (f *Files) Start(ctx context.Context) error {
	go func() {
		// Its end before ours costs the news of a change, not the change: the files are reread
		// below.
		if err := f.watcher.Start(ctx); err != nil && ctx.Err() == nil {
			f.log.Error(err, "the serving certificate's files are not watched, only reread", "interval", reread.String())
		}
	}()

	ticker := time.NewTicker(reread)
	defer ticker.Stop()
	refused := ""
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
		err := f.watcher.ReadCertificate()
		switch {
		case err == nil:
			refused = ""
		case err.Error() != refused:
			refused = err.Error()
			f.log.Error(f.explain(err), "new serving certificate refused, the last good one goes on serving")
		}
	}
}

// explain says of an error in reading the pair which files it is about, and what to do.
func (f *Files) explain(err error) error {
	var file *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("read the serving certificate: %w: --cert-dir must hold tls.crt and tls.key, as a mounted Secret of type kubernetes.io/tls does", err)
	case errors.As(err, &file):
		return fmt.Errorf("read the serving certificate: %w: tls.crt and tls.key of --cert-dir must be files that this process may read", err)
	default:
		return fmt.Errorf("use %s with the key %s: %w: write a PEM certificate and the private key that belongs to it, both at once", f.certFile, f.keyFile, err)
	}
}
