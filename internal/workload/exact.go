package workload

import "github.com/go-json-experiment/json"

// DecodeExactly reads a document into a type, and tells whether it has nothing but the fields of the
// type, in their types. Where it does not, what has been read is not to be used.
func DecodeExactly(raw []byte, into any) bool {
	return json.Unmarshal(raw, into, json.RejectUnknownMembers(true)) == nil
}
