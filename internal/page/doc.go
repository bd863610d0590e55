// Package page shows the report of an audit to people: as a site that a server serves, and as one file
// that needs no network.
//
// Everything is rendered on the server and reads without script. Nothing is fetched from anywhere
// else. Whatever somebody else has chosen, such as the name of an object or of an image, is text and
// never markup.
package page
