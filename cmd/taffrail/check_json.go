package main

import "encoding/json"

// writeCheckJSON writes the report for machines, whatever could be read.
func writeCheckJSON(io streams, r *checkReport) error {
	r.sort()
	writeCheckNotes(io, r)
	encoder := json.NewEncoder(io.out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(r)
}
