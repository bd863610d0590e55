package cel

import (
	"fmt"
	"strings"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// maxMade bounds a text that a single call makes, in bytes: what a call costs is counted when it
// has returned, and a text of a megabyte that replaces each letter of another would end the
// process before. 3 MiB is the largest object.
const maxMade = 3 << 20

// bounded are the functions whose result may be far larger than their operands, with a bound.
func bounded() []cel.EnvOption {
	text, list := cel.StringType, cel.ListType(cel.StringType)
	return []cel.EnvOption{
		cel.Function("replace",
			cel.MemberOverload("string_replace_string_string", []*cel.Type{text, text, text}, text, cel.FunctionBinding(replace)),
			cel.MemberOverload("string_replace_string_string_int", []*cel.Type{text, text, text, cel.IntType}, text, cel.FunctionBinding(replace))),
		cel.Function("join",
			cel.MemberOverload("list_join", []*cel.Type{list}, text, cel.UnaryBinding(func(l ref.Val) ref.Val { return join(l, types.String("")) })),
			cel.MemberOverload("list_join_string", []*cel.Type{list, text}, text, cel.BinaryBinding(join))),
	}
}

func tooLarge(size int) ref.Val {
	return types.WrapErr(fmt.Errorf("must not make more than %d bytes of text at a time, would make %d", maxMade, size))
}

func replace(args ...ref.Val) ref.Val {
	in, old, with, limit := string(args[0].(types.String)), string(args[1].(types.String)), string(args[2].(types.String)), -1
	if len(args) > 3 {
		limit = int(args[3].(types.Int))
	}
	n := strings.Count(in, old)
	if limit >= 0 {
		n = min(n, limit)
	}
	if size := len(in) + n*(len(with)-len(old)); size > maxMade {
		return tooLarge(size)
	}
	return types.String(strings.Replace(in, old, with, limit))
}

func join(list, separator ref.Val) ref.Val {
	var parts []string
	size, between := 0, string(separator.(types.String))
	for i := list.(traits.Lister).Iterator(); i.HasNext() == types.True; {
		part := i.Next()
		text, ok := part.(types.String)
		if !ok {
			return types.MaybeNoSuchOverloadErr(part)
		}
		if size += len(text) + len(between); size > maxMade {
			return tooLarge(size)
		}
		parts = append(parts, string(text))
	}
	return types.String(strings.Join(parts, between))
}
