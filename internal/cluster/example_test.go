package cluster_test

import (
	"context"
	"errors"
	"fmt"

	"taffrail.dev/taffrail/internal/cluster"
)

func Example() {
	config, err := cluster.Config("", "v1.2.3")
	if errors.Is(err, cluster.ErrNone) {
		return // serve with no cluster
	}
	if err != nil {
		panic(err)
	}
	namespaces, err := cluster.NewNamespaces(config)
	if err != nil {
		panic(err)
	}
	ctx := context.Background()
	go func() { _ = namespaces.Start(ctx) }() // it returns nil when the context ends
	shop, err := namespaces.Get(ctx, "shop")
	if err != nil {
		panic(err)
	}
	fmt.Println(shop.Labels, shop.Annotations)
}
