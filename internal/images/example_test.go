package images_test

import (
	"fmt"

	"taffrail.dev/taffrail/internal/images"
)

// An image has many spellings, and a pattern matches them all.
func ExampleParsePattern() {
	pattern, err := images.ParsePattern("docker.io/istio/*")
	if err != nil {
		panic(err)
	}
	fmt.Println(pattern.Matches(images.Parse("index.docker.io/istio/proxyv2:1.27")))
	fmt.Println(pattern.Matches(images.Parse("registry.example.com/istio/proxyv2:1.27")))
	// Output:
	// true
	// false
}
