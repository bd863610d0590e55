package block

import (
	"encoding/json"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// words are the plain scalars that are no strings in YAML 1.1, as JSON.
var words = func() map[string]string {
	all := map[string]string{}
	for value, texts := range map[string][]string{
		"true":  {"y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"},
		"false": {"n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"},
		"null":  {"~", "null", "Null", "NULL"},
		notJSON: {".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"},
	} {
		for _, text := range texts {
			all[text] = value
		}
	}
	return all
}()

var float = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)

// resolve is the JSON of a plain scalar that is no string, or empty for a string. Dates are strings to
// whoever reads them.
func resolve(text string) string {
	if len(text) <= 5 {
		if value := words[text]; value != "" {
			return value
		}
	}
	switch c := text[0]; {
	case c >= '0' && c <= '9', c == '+', c == '-':
		return number(text)
	case c == '.':
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return floatJSON(f)
		}
		return ""
	default:
		return ""
	}
}

func number(text string) string {
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && strings.IndexByte("abcdefABCDEFxXoOB_+-.", c) < 0 {
			return "" // a quantity, a version, a time
		}
	}
	plain := strings.ReplaceAll(text, "_", "")
	if n, err := strconv.ParseInt(plain, 0, 64); err == nil {
		return strconv.FormatInt(n, 10)
	}
	if n, err := strconv.ParseUint(plain, 0, 64); err == nil {
		return strconv.FormatUint(n, 10)
	}
	if float.MatchString(plain) {
		if f, err := strconv.ParseFloat(plain, 64); err == nil {
			return floatJSON(f)
		}
	}
	return ""
}

// notJSON stands for numbers that JSON does not have.
const notJSON = "NaN"

func floatJSON(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return notJSON
	}
	text, err := json.Marshal(f)
	if err != nil {
		return notJSON
	}
	return string(text)
}
