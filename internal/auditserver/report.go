package auditserver

import (
	"encoding/json"
	"net/http"

	"taffrail.dev/taffrail/internal/audit"
)

// Report answers with the report as `taffrail audit -o json` prints it, for programs.
func Report(live *audit.Live) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "no-store") // who may read it now may not for ever
		if !live.Ready() {
			w.Header().Set("Retry-After", "2")
			http.Error(w, "what is there has not been evaluated once yet", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		encoder := json.NewEncoder(w)
		encoder.SetEscapeHTML(false)
		encoder.SetIndent("", "  ")
		_ = encoder.Encode(live.Report()) // who reads it has gone
	})
}
