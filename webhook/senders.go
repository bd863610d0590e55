package webhook

import "net/http"

// maySend refuses whoever is not allowed to send reviews, before anything of theirs is read. It
// does so with HTTP and not in the handshake: of a handshake the person who debugs sees "remote
// error: tls: bad certificate"; this text is in the API server's log and in what kubectl prints.
func (h *Handler) maySend(w http.ResponseWriter, req *http.Request, webhook string) bool {
	if h.Senders == nil {
		return true
	}
	err := h.Senders(req.TLS)
	if err == nil {
		return true
	}
	h.logRejected("refused a review: its sender has no right to send any", webhook, req, err)
	h.Metrics.rejected(webhook)
	// Another try costs whoever makes it another handshake.
	w.Header().Set("Connection", "close")
	http.Error(w, "taffrail takes reviews of the API server alone (--client-ca): "+short(err.Error(), maxError)+
		`; see "Who may send reviews" in docs/operations.md`, http.StatusForbidden)
	return false
}
