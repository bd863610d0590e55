// Command certmanager runs the controllers of cert-manager that an installation of Taffrail with
// cert-manager needs: those of Issuers (self-signed and CA), Certificates and their requests, and
// the injector of authorities into webhook configurations. They are cert-manager's own. Its
// commands are not published as Go modules, so the tests bring this one.
//
// It holds no leader election, no metrics server and no admission webhook: one of it runs, in a
// test. What the webhook would refuse is taken, and what it would fill in (who made a
// CertificateRequest) nobody here asks for.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/controller/cainjector"
	"github.com/cert-manager/cert-manager/pkg/util"
	"github.com/cert-manager/cert-manager/pkg/util/feature"
	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	// What is imported registers itself with the package controller, or issuer, and that is what
	// runs.
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	_ "github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
)

// As many as cert-manager's own command has.
const workers = 5

func main() {
	// A set of its own: controller-runtime claims --kubeconfig of the common one, and then falls
	// back to a home directory.
	flags := flag.NewFlagSet("certmanager", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "the cluster's kubeconfig; left out in a Pod, which has a service account")
	gates := flags.String("feature-gates", "", "as cert-manager's own commands take them: CAInjectorMerging=false")
	_ = flags.Parse(os.Args[1:]) // it exits on a mistake

	log := klog.Background()
	ctrl.SetLogger(log)
	if err := feature.DefaultMutableFeatureGate.Set(*gates); err != nil {
		log.Error(err, "unknown feature gate")
		os.Exit(2)
	}
	if err := run(ctrl.SetupSignalHandler(), *kubeconfig); err != nil {
		log.Error(err, "certmanager failed")
		os.Exit(1)
	}
}

// run returns when ctx ends, or when one of the two halves fails.
func run(ctx context.Context, kubeconfig string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return runControllers(ctx, kubeconfig) })
	group.Go(func() error { return runInjector(ctx, kubeconfig) })
	return group.Wait()
}

func runControllers(ctx context.Context, kubeconfig string) error {
	factory, err := controller.NewContextFactory(ctx, controller.ContextOptions{
		Kubeconfig: kubeconfig,
		// The defaults of cert-manager's own command: a request that fails is not made again at
		// once.
		CertificateOptions: controller.CertificateOptions{
			CertificateRequestMinimumBackoffDuration: time.Hour,
			CertificateRequestMaximumBackoffDuration: 32 * time.Hour,
		},
	})
	if err != nil {
		return fmt.Errorf("prepare the controllers: %w", err)
	}
	shared, err := factory.Build()
	if err != nil {
		return fmt.Errorf("prepare the controllers: %w", err)
	}

	group, ctx := errgroup.WithContext(ctx)
	for name, construct := range controller.Known() {
		built, err := construct(factory)
		if err != nil {
			return fmt.Errorf("prepare the controller %s: %w", name, err)
		}
		group.Go(func() error {
			klog.Background().Info("starting", "controller", name)
			if err := built.Run(workers, ctx); err != nil && ctx.Err() == nil {
				return fmt.Errorf("run the controller %s: %w", name, err)
			}
			return nil
		})
	}
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	return group.Wait()
}

func runInjector(ctx context.Context, kubeconfig string) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return fmt.Errorf("read the kubeconfig of the injector: %w", err)
	}
	types := runtime.NewScheme()
	utilruntime.Must(scheme.AddToScheme(types))
	utilruntime.Must(cmapi.AddToScheme(types))
	config = util.RestConfigWithUserAgent(config, "cainjector") // as who it is named in managedFields
	injector, err := ctrl.NewManager(config, manager.Options{
		Scheme:  types,
		Metrics: metricsserver.Options{BindAddress: "0"},
		// It watches the metadata of Secrets alone, and gets the few that it needs.
		Client: client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
	})
	if err != nil {
		return fmt.Errorf("prepare the injector: %w", err)
	}
	if err := cainjector.RegisterAllInjectors(ctx, injector, cainjector.SetupOptions{
		EnableCertificatesDataSource: true,
		EnabledReconcilersFor: map[string]bool{
			cainjector.MutatingWebhookConfigurationName:   true,
			cainjector.ValidatingWebhookConfigurationName: true,
		},
	}); err != nil {
		return fmt.Errorf("prepare the injector: %w", err)
	}
	if err := injector.Start(ctx); err != nil {
		return fmt.Errorf("run the injector: %w", err)
	}
	return nil
}
