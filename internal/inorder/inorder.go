// Package inorder computes many values at once, and takes them in their order.
package inorder

import (
	"runtime"
	"sync"
)

// Each computes n values, several at a time, and passes each on in its order. Each goroutine makes
// a worker of its own. No more than a few values wait for one before them, so that memory is bounded.
func Each[T any](n int, newWorker func() func(i int) T, then func(T)) {
	workers := min(runtime.GOMAXPROCS(0), n)
	results := make([]chan T, 16*max(workers, 1)) // of the values that are next, in turn
	ahead := make(chan struct{}, len(results))
	next := make(chan int)
	for i := range results {
		results[i] = make(chan T, 1)
	}
	var group sync.WaitGroup
	for range workers {
		group.Go(func() {
			compute := newWorker()
			for i := range next {
				results[i%len(results)] <- compute(i)
			}
		})
	}
	group.Go(func() {
		for i := range n {
			ahead <- struct{}{}
			next <- i
		}
		close(next)
	})
	for i := range n {
		then(<-results[i%len(results)])
		<-ahead
	}
	group.Wait()
}
