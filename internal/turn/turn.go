// Package turn shares out an amount that there is only so much of, such as memory, among those who
// work at the same time. Who does not get theirs at once waits for their turn.
package turn

import (
	"context"
	"slices"
	"sync"
)

// Pool is the amount, and who has what of it.
//
// golang.org/x/sync/semaphore grants in the order of asking, so one sender of many requests would
// keep all others waiting. Here the sender that holds the least comes first.
type Pool struct {
	mu      sync.Mutex
	size    int
	free    int
	held    map[string]int // by sender
	waiting []*waiter      // in the order of asking
	newest  bool           // comes first, of a sender
}

type waiter struct {
	sender string
	amount int
	turn   chan struct{}
}

// NewPool makes a Pool of a size.
func NewPool(size int) *Pool { return &Pool{size: size, free: size, held: map[string]int{}} }

// NewestFirst is a Pool that grants to the newest of what a sender asks for. Where more is asked for than
// there is, those before it wait in vain either way: the oldest first would grant to each when it has
// waited for nearly as long as it can, so that nobody is served fast.
func NewestFirst(size int) *Pool {
	p := NewPool(size)
	p.newest = true
	return p
}

// Take waits until the amount is free and it is the sender's turn, or until the
// context ends. An amount above the size of the pool is never free.
func (p *Pool) Take(ctx context.Context, sender string, amount int) error {
	p.mu.Lock()
	if len(p.waiting) == 0 && amount <= p.free {
		p.grant(sender, amount)
		p.mu.Unlock()
		return nil
	}
	w := &waiter{sender: sender, amount: amount, turn: make(chan struct{})}
	p.waiting = append(p.waiting, w)
	p.mu.Unlock()
	select {
	case <-w.turn:
		return nil
	case <-ctx.Done():
		return p.leave(ctx, w)
	}
}

// leave takes a waiter out whose context has ended. If its turn came at the same moment, it has it.
func (p *Pool) leave(ctx context.Context, w *waiter) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.waiting, w)
	if i < 0 {
		return nil
	}
	p.waiting = slices.Delete(p.waiting, i, i+1)
	p.next() // it may have stood in the way of smaller ones
	return context.Cause(ctx)
}

// TryTake takes the amount if it is free and nobody waits for theirs.
func (p *Pool) TryTake(sender string, amount int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) > 0 || amount > p.free {
		return false
	}
	p.grant(sender, amount)
	return true
}

// Give gives back what was taken, or a part of it.
func (p *Pool) Give(sender string, amount int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free += amount
	if p.held[sender] -= amount; p.held[sender] <= 0 {
		delete(p.held, sender)
	}
	p.next()
}

// InUse is the amount that is taken.
func (p *Pool) InUse() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.size - p.free
}

func (p *Pool) grant(sender string, amount int) {
	p.free -= amount
	p.held[sender] += amount
}

// next grants to those whose turn it is. A large amount is waited for until it is
// free: if smaller ones went past it, its turn might never come.
func (p *Pool) next() {
	for len(p.waiting) > 0 {
		first := 0
		for i, w := range p.waiting {
			held, least := p.held[w.sender], p.held[p.waiting[first].sender]
			if held < least || p.newest && held == least {
				first = i
			}
		}
		w := p.waiting[first]
		if w.amount > p.free {
			return
		}
		p.waiting = slices.Delete(p.waiting, first, first+1)
		p.grant(w.sender, w.amount)
		close(w.turn)
	}
}
