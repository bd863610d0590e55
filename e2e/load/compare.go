//go:build linux

package load

import (
	"context"
	"fmt"
	"slices"
)

// Sample is one result: of a server, under a load, in a round.
type Sample struct {
	Server, Workload string
	Connections      int
	Rate             float64 `json:",omitempty"`
	Round            int
	Result
}

// Compare gives each program its turn, round by round, so that what else the machine does falls on all of
// them. A program is started anew for each turn: how it lies in memory is chance.
func Compare(ctx context.Context, programs []Program, loads []Run, rounds int, done func(Sample)) ([]Sample, error) {
	var samples []Sample
	for round := range rounds {
		turns := slices.Clone(programs)
		if round%2 == 1 {
			slices.Reverse(turns) // nobody always comes after the same one
		}
		for _, program := range turns {
			results, err := turn(ctx, program, loads)
			if err != nil {
				return nil, err
			}
			for _, s := range results {
				s.Round = round
				samples = append(samples, s)
				done(s)
			}
		}
	}
	return samples, nil
}

// turn is all loads on one server, but those that it has no webhook for.
func turn(ctx context.Context, program Program, loads []Run) ([]Sample, error) {
	server, err := program.Start(ctx)
	if err != nil {
		return nil, err
	}
	defer server.Stop()
	var results []Sample
	for _, l := range loads {
		if !program.knows(l.Workload) {
			continue
		}
		result, err := l.Do(ctx, server)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return nil, fmt.Errorf("%s, %s at %d connections: %w; it said: %s", program.Name, l.Workload.Name, l.Connections, err, server.said.String())
		}
		results = append(results, Sample{Server: program.Name, Workload: l.Workload.Name, Connections: l.Connections, Rate: l.Rate, Result: result})
	}
	return results, nil
}
