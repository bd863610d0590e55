package main

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"

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
	faults, err := g.faults(few, many)
	if len(faults) > 0 && err == nil {
		// Once more without the memory that was kept from the growth before: what had to be taken
		// anew for the larger one alone is no fault.
		g.fresh = true
		faults, err = g.faults(few, many)
	}
	if len(faults) > 0 && err == nil {
		// What only large objects cost, once, is no fault either: a loop in a loop is one at every
		// size. Where nothing larger is evaluated, that cannot be told.
		for _, times := range []int{4, 2} {
			larger, err := g.evaluates(times * many)
			if err != nil {
				return false, err
			}
			if larger {
				faults, err = g.faults(many, times*many)
				if err != nil {
					return false, err
				}
				break
			}
		}
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

// faults are what costs too much of some items, compared with fewer.
func (g *growth) faults(fewer, more int) (faults []string, err error) {
	small, err := g.count(fewer)
	if err != nil {
		return nil, err
	}
	large, err := g.count(more)
	if err != nil {
		return nil, err
	}
	times := more / fewer
	compare := func(what string, limit float64, before, after uint64) {
		if float64(after) > limit*float64(before) {
			faults = append(faults, fmt.Sprintf("%s %d to %d", what, before, after))
		}
	}
	compare("steps", most(times), small.Total(), large.Total())
	compare("allocations", most(times), small.Allocations, large.Allocations)
	compare("bytes", mostOfOne(times), small.Bytes, large.Bytes)
	var suspects []steps.Block
	for block, after := range large.Blocks {
		if float64(after) > mostOfOne(times)*float64(small.Blocks[block]) && after > noise(more) {
			suspects = append(suspects, block)
		}
	}
	if len(suspects) > 0 {
		named, err := g.explain(fewer, more)
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

// evaluates tells whether the webhook evaluates so many items: it refuses what is over its budget
// without a look at it.
func (g *growth) evaluates(n int) (bool, error) {
	requests, err := g.requests(n)
	if err != nil {
		return false, err
	}
	for _, request := range requests {
		w := httptest.NewRecorder()
		g.handler.ServeHTTP(w, request)
		if strings.Contains(w.Body.String(), "that are evaluated") {
			return false, nil
		}
	}
	return true, nil
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
