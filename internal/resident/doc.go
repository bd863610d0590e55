// Package resident keeps what a server holds of the machine's memory small.
package resident
