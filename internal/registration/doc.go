// Package registration is how an API server comes to call Taffrail: the webhook configurations,
// whose rules follow from what the checks and rules in force look at.
package registration
