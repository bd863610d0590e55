package main

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/go-logr/logr"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/webhook"
)

// currentSet is the set in force: that of the built-in default guardrail or of
// files, which are read again when they change.
type currentSet struct {
	path    string // "" for the default guardrail
	options guardrail.Options
	metrics *webhook.Metrics
	log     logr.Logger

	set atomic.Pointer[guardrail.Set]
}

func (c *currentSet) get() *guardrail.Set { return c.set.Load() }

// load takes what the files hold, or nothing of it.
func (c *currentSet) load() error {
	objects, from := guardrail.Default(), "the built-in default"
	if c.path != "" {
		var err error
		from = c.path
		if objects, err = guardrail.Load(c.path); err != nil {
			return err
		}
	}
	set, err := guardrail.Compile(objects, c.options)
	if err != nil {
		return fmt.Errorf("%s: %w", from, err)
	}
	c.set.Store(set)
	c.metrics.Guardrails.Set(float64(set.Len()))
	c.metrics.LoadTimestamp.SetToCurrentTime()
	c.log.Info("guardrails are in force", "from", from, "guardrails", set.Len(), "exemptions", len(objects.Exemptions))
	return nil
}

// watch takes what the files hold each time they change. A set with a mistake
// is refused as a whole, and the one before it goes on.
func (c *currentSet) watch(ctx context.Context) {
	if c.path == "" {
		<-ctx.Done()
		return
	}
	guardrail.Watch(ctx, c.path, func() {
		if err := c.load(); err != nil {
			c.metrics.LoadErrors.Inc()
			c.log.Error(nil, "refused changed guardrails; those before them stay in force",
				"from", c.path, "mistakes", strings.Split(err.Error(), "\n"))
		}
	})
}
