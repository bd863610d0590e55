package block

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"

	yamlv2 "go.yaml.in/yaml/v2"
	yamlv3 "go.yaml.in/yaml/v3"
)

var (
	pointerEscaper   = strings.NewReplacer("~", "~0", "/", "~1")
	pointerUnescaper = strings.NewReplacer("~1", "/", "~0", "~")
)

// Silent finds what the parser of all YAML reads without a word, though what comes of it is not what
// stands there. Nobody evaluates what is not seen, and no verdict is to be chance.
//
//   - Two keys of a mapping are one in JSON, such as y, which is the boolean true in YAML 1.1, and
//     "true". Which of them counts is chance: Go's maps have no order. The place is a JSON Pointer.
//   - Something comes after the end of the document, such as a line after {}. It is not read.
func Silent(data []byte) (pointer string, err error) {
	decoder := yamlv2.NewDecoder(bytes.NewReader(data))
	var content, more any
	if decoder.Decode(&content) != nil {
		return "", nil //nolint:nilerr // whoever reads the document says what is wrong with it
	}
	if pointer := collisionIn(content, ""); pointer != "" {
		name := pointerUnescaper.Replace(pointer[strings.LastIndexByte(pointer, '/')+1:])
		return pointer, fmt.Errorf("has two keys that are both %q: YAML takes y, yes and on for true, and 0x10 for 16; put them in quotes, or remove one", name)
	}
	switch err := decoder.Decode(&more); {
	case errors.Is(err, io.EOF):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("%w: what comes after the end of a document is not read", err)
	default:
		return "", errors.New("has more than one document: each but the first begins with a line of ---")
	}
}

func collisionIn(value any, at string) string {
	switch v := value.(type) {
	case []any:
		for i, item := range v {
			if found := collisionIn(item, at+"/"+strconv.Itoa(i)); found != "" {
				return found
			}
		}
	case map[any]any:
		members := make(map[string]any, len(v))
		for key, member := range v {
			name := nameInJSON(key)
			if _, twice := members[name]; twice {
				return at + "/" + pointerEscaper.Replace(name)
			}
			members[name] = member
		}
		for _, name := range slices.Sorted(maps.Keys(members)) {
			if found := collisionIn(members[name], at+"/"+pointerEscaper.Replace(name)); found != "" {
				return found
			}
		}
	}
	return ""
}

// KeyName is the key of a mapping as it is in JSON: that of yes is true, and that of 0x10 is 16.
func KeyName(key *yamlv3.Node) string {
	if key.Value == "" || key.Style != 0 {
		return key.Value
	}
	if value := resolve(key.Value); value == "" || value == notJSON {
		return key.Value
	}
	var object map[any]any
	if yamlv2.Unmarshal([]byte(key.Value+": 0"), &object) == nil {
		for name := range object {
			return nameInJSON(name)
		}
	}
	return key.Value
}

// nameInJSON is a key as sigs.k8s.io/yaml writes it.
func nameInJSON(key any) string {
	number, is := key.(float64)
	if !is {
		return fmt.Sprint(key)
	}
	switch text := strconv.FormatFloat(number, 'g', -1, 32); text {
	case "+Inf":
		return ".inf"
	case "-Inf":
		return "-.inf"
	case "NaN":
		return ".nan"
	default:
		return text
	}
}
