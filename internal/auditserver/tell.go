package auditserver

import (
	"context"
	"slices"
	"time"

	"github.com/go-logr/logr"

	"taffrail.dev/taffrail/internal/audit"
)

// tellEvery is how often it is looked what there is to tell.
const tellEvery = 10 * time.Second

// Tell logs what an audit could not look at, once when that begins and once when it is so no more, until
// the context ends. The page says it too, but there is none before everything has been evaluated once.
func Tell(ctx context.Context, live *audit.Live, log logr.Logger) error {
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	var told []string
	for {
		told = tell(live.Report().Notes, told, log)
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func tell(notes, told []string, log logr.Logger) []string {
	for _, note := range notes {
		if !slices.Contains(told, note) {
			log.Info("the audit is not of everything", "note", note)
		}
	}
	for _, note := range told {
		if !slices.Contains(notes, note) {
			log.Info("no more so of the audit", "note", note)
		}
	}
	return slices.Clone(notes)
}
