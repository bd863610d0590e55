//go:build profile

package main

import (
	"fmt"
	"net/http"
	"net/http/pprof"
	"os"
)

// The program that `make profile` measures serves its own profile. What is shipped is built without
// this file: whoever may ask a server for profiles may slow it down.
func init() {
	handler := http.NewServeMux()
	handler.HandleFunc("/", pprof.Profile)
	go func() {
		fmt.Fprintln(os.Stderr, http.ListenAndServe(os.Getenv("TAFFRAIL_PROFILE_ADDRESS"), handler))
	}()
}
