package policyreport

import "unicode/utf8"

// sizeOf is how many bytes of JSON a row takes at most. It is asked of every row of a cluster at each
// change, so nothing is encoded for it.
func sizeOf(row *Row) int {
	size := fixedSize + quoted(row.Source) + quoted(row.Policy) + quoted(row.Rule) + quoted(row.Category) + quoted(row.Severity) +
		quoted(row.Result) + quoted(row.Message)
	for name, value := range row.Properties {
		size += quoted(name) + quoted(value) + len(":,")
	}
	for i := range row.Resources {
		r := &row.Resources[i]
		size += len(`{"kind":,"namespace":,"name":,"uid":,"apiVersion":},`) +
			quoted(r.Kind) + quoted(r.Namespace) + quoted(r.Name) + quoted(string(r.UID)) + quoted(r.APIVersion)
	}
	return size
}

// fixedSize are the names of the fields, and the numbers.
const fixedSize = len(`{"source":,"policy":,"rule":,"category":,"severity":,"timestamp":{"seconds":-9223372036854775808,"nanos":-2147483648},` +
	`"result":,"scored":true,"resources":[],"message":,"properties":{}},`)

// quoted is a text as encoding/json writes it at most.
func quoted(text string) int {
	size := len(`""`)
	for _, r := range text {
		switch {
		case r == '"', r == '\\':
			size += len(`\"`)
		case r < ' ', r == '<', r == '>', r == '&', r == 0x7f, r == '\u2028', r == '\u2029', r == utf8.RuneError:
			size += len(`\u003c`)
		default:
			size += utf8.RuneLen(r)
		}
	}
	return size
}
