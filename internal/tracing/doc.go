// Package tracing makes the spans of reviews that the API server samples, and sends them to a
// collector as OTLP over HTTP. It is the one outbound connection of the server besides that to the
// API server, and off unless somebody names a collector.
//
// No review waits for it. A span goes into a bounded queue, and is dropped and counted where that is
// full; one goroutine sends what has come once a second, and a batch that fails is dropped too.
package tracing
