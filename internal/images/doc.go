// Package images reads image references and the patterns for them, in one way
// for every check, default and exception.
//
// An image has one canonical form, whatever it is written as: nginx, docker.io/nginx:latest and
// REGISTRY-1.docker.io:443/library/nginx are the same. What the container runtimes would not pull,
// or what could be more than one image, has none: it matches no pattern.
//
// docs/images.md is the grammar of patterns, and the canonical form, for people.
package images
