package block

import (
	"encoding/json"
	"unicode/utf8"

	yamlv3 "go.yaml.in/yaml/v3"
)

// JSON is what a document that Parse has read holds. It is nil where JSON cannot say it.
func JSON(document *yamlv3.Node, size int) []byte {
	out, ok := appendJSON(make([]byte, 0, size), document.Content[0])
	if !ok {
		return nil
	}
	return out
}

func appendJSON(out []byte, node *yamlv3.Node) ([]byte, bool) {
	ok := true
	switch node.Kind {
	case yamlv3.MappingNode:
		out = append(out, '{')
		for i := 0; i < len(node.Content) && ok; i += 2 {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(appendString(out, node.Content[i].Value), ':')
			out, ok = appendJSON(out, node.Content[i+1])
		}
		return append(out, '}'), ok
	case yamlv3.SequenceNode:
		out = append(out, '[')
		for i := 0; i < len(node.Content) && ok; i++ {
			if i > 0 {
				out = append(out, ',')
			}
			out, ok = appendJSON(out, node.Content[i])
		}
		return append(out, ']'), ok
	}
	switch node.Tag {
	case "!!str":
		return appendString(out, node.Value), true
	case "!!null":
		return append(out, "null"...), true
	default:
		value := resolve(node.Value)
		return append(out, value...), value != notJSON
	}
}

func appendString(out []byte, text string) []byte {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c == '"' || c == '\\' || c >= utf8.RuneSelf {
			quoted, _ := json.Marshal(text)
			return append(out, quoted...)
		}
	}
	return append(append(append(out, '"'), text...), '"')
}
