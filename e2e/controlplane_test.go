//go:build e2e

package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"time"

	"k8s.io/apimachinery/pkg/util/rand"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// startControlPlane starts one with more flags of the API server.
func startControlPlane(assets string, flags map[string][]string) (*controlPlane, error) {
	useExisting := false // whatever USE_EXISTING_CLUSTER says: tests install webhooks for the whole cluster
	env := &envtest.Environment{
		BinaryAssetsDirectory: assets, UseExistingCluster: &useExisting,
		ControlPlaneStartTimeout: 2 * time.Minute, ControlPlaneStopTimeout: 2 * time.Minute,
	}
	// Certificates in a folder of ours survive a restart of the API server.
	certificates := filepath.Join(scratch, "apiserver-"+rand.String(8))
	if err := os.Mkdir(certificates, 0o700); err != nil {
		return nil, err
	}
	env.ControlPlane.GetAPIServer().CertDir = certificates
	for flag, values := range flags {
		env.ControlPlane.GetAPIServer().Configure().Append(flag, values...)
	}
	config, err := env.Start()
	if err != nil {
		return nil, errors.Join(err, env.Stop())
	}
	c := &controlPlane{
		config: config, kubeconfig: filepath.Join(scratch, "kubeconfig-"+rand.String(8)), address: "127.0.0.1", assets: assets, env: env, certificates: certificates,
	}
	if err := errors.Join(os.WriteFile(c.kubeconfig, env.KubeConfig, 0o600), c.describe()); err != nil {
		return nil, errors.Join(err, env.Stop())
	}
	return c, nil
}
