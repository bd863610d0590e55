package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// What this build is; set by the linker.
var (
	version = "dev"
	commit  = "unknown"
)

func versionCommand(io streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version, the commit, Go's version and the version of the Kubernetes API",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(io.out, versionText())
			return err
		},
	}
}

func versionText() string {
	return fmt.Sprintf("taffrail %s\ncommit %s\n%s %s/%s\nKubernetes API %s\n",
		version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH, kubernetesVersion())
}

// kubernetesVersion is the version of k8s.io/api that objects are decoded with:
// v0.37.2 is that of Kubernetes v1.37.2.
func kubernetesVersion() string {
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, module := range info.Deps {
			if module.Path == "k8s.io/api" {
				return module.Version
			}
		}
	}
	return "unknown"
}
