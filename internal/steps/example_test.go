package steps_test

import (
	"fmt"
	"strings"

	"taffrail.dev/taffrail/internal/steps"
)

// Work of four times the size takes four times the steps, or it is not linear.
func ExampleOf() {
	evaluate := func(n int) { _ = strings.Fields(strings.Repeat("word ", n)) }
	before, err := steps.Of(func() { evaluate(100) })
	if err != nil {
		panic(err)
	}
	after, err := steps.Of(func() { evaluate(400) })
	if err != nil {
		panic(err)
	}
	fmt.Println(after.Total() <= 5*before.Total())
}
