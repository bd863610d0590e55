package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"

	"taffrail.dev/taffrail/internal/steps"
)

// growth is something that grows in an object, and who is asked about it.
type growth struct {
	name    string
	handler http.Handler
	reviews func(n int) ([][]byte, error)
	fresh   bool // whether memory that was kept is dropped before
}

// check prints what costs too much.
func (g *growth) check() (faulty bool, err error) {
	faults, err := g.faults()
	if len(faults) > 0 && err == nil {
		// Once more without the memory that was kept from the growth before: what had to be taken
		// anew for the larger one alone is no fault.
		g.fresh = true
		faults, err = g.faults()
	}
	if len(faults) == 0 || err != nil {
		return false, err
	}
	fmt.Println(g.name)
	for _, fault := range faults {
		fmt.Println("   ", fault)
	}
	return true, nil
}

func (g *growth) faults() (faults []string, err error) {
	small, err := g.count(few)
	if err != nil {
		return nil, err
	}
	large, err := g.count(many)
	if err != nil {
		return nil, err
	}
	compare := func(what string, limit, before, after uint64) {
		if after > limit*before {
			faults = append(faults, fmt.Sprintf("%s %d to %d", what, before, after))
		}
	}
	compare("steps", most, small.Total(), large.Total())
	compare("allocations", most, small.Allocations, large.Allocations)
	compare("bytes", mostOfOne, small.Bytes, large.Bytes)
	var suspects []steps.Block
	for block, after := range large.Blocks {
		if after > mostOfOne*small.Blocks[block] && after > noise {
			suspects = append(suspects, block)
		}
	}
	if len(suspects) > 0 {
		named, err := g.explain()
		if err != nil {
			return nil, err
		}
		faults = append(faults, named...)
	}
	return faults, nil
}

func (g *growth) count(n int) (steps.Count, error) {
	requests, err := g.requests(n)
	if err != nil {
		return steps.Count{}, err
	}
	if g.fresh {
		runtime.GC()
		runtime.GC() // a sync.Pool outlives one
	}
	var status int
	count, err := steps.Of(func() {
		for _, request := range requests {
			w := httptest.NewRecorder()
			g.handler.ServeHTTP(w, request)
			status = max(status, w.Code)
		}
	})
	if status != http.StatusOK {
		return count, fmt.Errorf("the webhook answered %d", status)
	}
	return count, err
}

func (g *growth) requests(n int) ([]*http.Request, error) {
	reviews, err := g.reviews(n)
	if err != nil {
		return nil, err
	}
	var requests []*http.Request
	for _, review := range reviews {
		request := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(review))
		request.Header.Set("Content-Type", "application/json")
		requests = append(requests, request)
	}
	return requests, nil
}
