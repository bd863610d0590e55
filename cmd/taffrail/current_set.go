package main

import (
	"context"
	"errors"
	"runtime/debug"
	"strings"
	"sync/atomic"

	"github.com/go-logr/logr"

	"taffrail.dev/taffrail/guardrail"
	"taffrail.dev/taffrail/internal/cluster"
	"taffrail.dev/taffrail/internal/cluster/leader"
	"taffrail.dev/taffrail/internal/files"
	"taffrail.dev/taffrail/webhook"
)

// currentSet is the set in force: that of the built-in default guardrail, of
// files, which are read again when they change, or of what a cluster holds.
type currentSet struct {
	path    string // of the files
	options guardrail.Options
	metrics *webhook.Metrics
	log     logr.Logger

	set atomic.Pointer[guardrail.Set]
}

func newCurrentSet(path string, options guardrail.Options, metrics *webhook.Metrics, log logr.Logger) *currentSet {
	return &currentSet{path: path, options: options, metrics: metrics, log: log}
}

func (c *currentSet) get() *guardrail.Set { return c.set.Load() }

// load takes what the files hold, or nothing of it.
func (c *currentSet) load() error {
	objects, from := guardrail.Default(), "the built-in default"
	if c.path != "" {
		var err error
		from = c.path
		if objects, err = files.Load(c.path); err != nil {
			return err
		}
	}
	set, err := guardrail.Compile(objects, c.options)
	if err != nil {
		return err
	}
	c.take(set, from, len(objects.Exemptions))
	for _, warning := range set.Warnings() {
		c.log.Info("a rule may not fit what it looks at", "warning", warning)
	}
	return nil
}

func (c *currentSet) take(set *guardrail.Set, from string, exemptions int) {
	// The metrics come first: with a set the server is ready, and is asked for them.
	c.metrics.Guardrails.Set(float64(set.Len()))
	c.metrics.LoadTimestamp.SetToCurrentTime()
	if c.set.Swap(set) == nil {
		// To begin takes more memory than to serve: Go would give it back in minutes, and a node counts it now.
		debug.FreeOSMemory()
	}
	if set.Len() == 0 {
		c.log.Error(nil, "NOTHING IS ENFORCED: there is no Guardrail in force; see deploy/guardrails for some to start from", "from", from)
		return
	}
	c.log.Info("guardrails are in force", "from", from, "guardrails", set.Len(), "exemptions", exemptions)
}

// watch takes what the files hold each time they change. A set with a mistake
// is refused as a whole, and the one before it goes on.
func (c *currentSet) watch(ctx context.Context) error {
	if c.path == "" {
		<-ctx.Done()
		return nil
	}
	files.Watch(ctx, c.path, func() {
		if err := c.load(); err != nil {
			c.metrics.LoadErrors.Inc()
			c.log.Error(nil, "refused changed guardrails; those before them stay in force",
				"from", c.path, "mistakes", strings.Split(err.Error(), "\n"))
		}
	})
	return nil
}

// follow takes what the cluster holds each time it changes, object by object: a
// bad one is told, and the others are in force.
func (c *currentSet) follow(ctx context.Context, guardrails *cluster.Guardrails, l *leader.Leader) error {
	compiler := guardrail.NewCompiler(c.options)
	told := map[string]string{}
	return guardrails.Start(ctx, func(objects guardrail.Objects) {
		set, report := compiler.Compile(objects)
		c.take(set, "the cluster", len(objects.Exemptions))
		l.Guardrails(guardrails.Objects, report, set)
		told = c.tell(told, report)
	})
}

// tell logs and counts what was refused, once each.
func (c *currentSet) tell(before map[string]string, report guardrail.Report) map[string]string {
	now := map[string]string{}
	told := func(object, message string, err error) {
		if err == nil {
			return
		}
		now[object] = err.Error()
		if before[object] != now[object] {
			c.metrics.LoadErrors.Inc()
			c.log.Error(nil, message, "object", object, "mistakes", strings.Split(err.Error(), "\n"))
		}
	}
	refused := func(object string, outcome guardrail.Outcome) {
		told(object, "refused an object; the others are in force", outcome.Err)
		told(object, "an object is in force in part: what has a mistake is NOT ENFORCED", errors.Join(outcome.SetAside...))
	}
	for name, outcome := range report.Guardrails {
		refused("Guardrail "+name, outcome)
		if notices := errors.Join(outcome.Notices...); notices != nil {
			key := "notices of Guardrail " + name
			now[key] = notices.Error()
			if before[key] != now[key] {
				c.log.Info("a Guardrail is in force for less than was meant: write it anew", "object", "Guardrail "+name,
					"notices", strings.Split(notices.Error(), "\n"))
			}
		}
	}
	for name, outcome := range report.Exemptions {
		refused("Exemption "+name.String(), outcome)
	}
	return now
}
