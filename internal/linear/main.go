// Linear runs reviews of growing objects through the webhook and prints every one whose cost grows
// faster than the object: each list, map and string of each kind that Taffrail decodes, and of each
// fixture of a check or a default. So it does with sets of objects and the checks over these.
//
// It must be built with counters; the test beside it does that.
package main

import (
	"flag"
	"fmt"
	"math"
	"os"
	"time"

	"taffrail.dev/taffrail/internal/steps"
)

// The smaller size is well above the limits up to which code walks a list instead of making a map:
// 64 of duplicate-env and of the JSON package.
const few, many = 120, 4 * few

// noise is what a block of code may run at most for so many items without being looked at. A loop in
// a loop runs items*items times, or half as often where it looks at pairs.
func noise(items int) uint64 { return uint64(items * items / 8) } //nolint:gosec // it is not negative

// most is how much more so many times as much may cost: 5 for 4. Sorting and growing lists is a little
// more than linear for so few, so a single block of code and the bytes get a wider limit, 8 for 4; a
// loop in a loop has 16.
func most(times int) float64      { return math.Pow(float64(times), 1.161) }
func mostOfOne(times int) float64 { return math.Pow(float64(times), 1.5) }

func main() {
	part := flag.Int("part", 0, "which part of the growths to run")
	of := flag.Int("of", 1, "how many parts there are")
	flag.Parse()
	faults, err := run(*part, *of)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	if faults > 0 {
		os.Exit(1)
	}
}

// run does a part of the work, so that several processes can share it: the counters are those of a
// process.
func run(part, of int) (faults int, err error) {
	start := time.Now()
	if err := countersCount(); err != nil {
		return 0, err
	}
	if part == 0 {
		if faults, err = together(); err != nil {
			return faults, err
		}
	}
	all, err := growths()
	if err != nil {
		return 0, err
	}
	for i, g := range all {
		if i%of != part {
			continue
		}
		faulty, err := g.check()
		if err != nil {
			return faults, fmt.Errorf("%s: %w", g.name, err)
		}
		if faulty {
			faults++
		}
	}
	fmt.Printf("part %d of %d of %d growths of %d to %d: %d faster than linear (%s)\n", part, of, len(all), few, many, faults, time.Since(start).Round(time.Second))
	return faults, nil
}

// countersCount makes sure that a loop in a loop shows: counters that are always zero would pass
// everything.
func countersCount() error {
	quadratic := func(n int) (steps.Count, error) {
		sum := 0
		return steps.Of(func() {
			for range n {
				for range n {
					sum++
				}
			}
		})
	}
	small, err := quadratic(few)
	if err != nil {
		return err
	}
	large, err := quadratic(many)
	if err != nil {
		return err
	}
	if large.Total() < 15*small.Total() {
		return fmt.Errorf("a loop in a loop took %d steps and %d: is this package built with counters?", small.Total(), large.Total())
	}
	return nil
}
