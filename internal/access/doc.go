// Package access says who may read what is served over HTTP: whoever the API server says may, or
// whoever is at this machine.
package access
