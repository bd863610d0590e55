package doctor_test

import (
	"context"
	"os"

	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/doctor"
)

func Example() {
	config, err := cluster.Config("kubeconfig", "v1.2.3")
	if err != nil {
		panic(err)
	}
	installation, err := doctor.New(config, "v1.2.3", cluster.InPod())
	if err != nil {
		panic(err)
	}
	report := doctor.Examine(context.Background(), installation)
	if err := report.WriteText(os.Stdout); err != nil {
		panic(err)
	}
}
