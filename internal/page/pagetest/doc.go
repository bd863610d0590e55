// Package pagetest makes a cluster as one meets it, and the report of its audit: sixty namespaces whose
// workloads are made by a generator, some well and some not. It is what the tests of the page look
// at, and its screenshots show.
package pagetest
