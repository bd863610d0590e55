package validators

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"
)

// StandIns take the place of values that must not be kept, in a record of reviews for example. What
// the checks ask of a value they find in its stand-in: that it is empty, a switch, a path, or looks
// like a credential. Equal values have equal stand-ins and others have others, so that an update is
// compared as before. Switches (true, off, none) stay: they hold no secret.
type StandIns struct {
	words   *nameWords
	numbers map[string]int
}

// NewStandIns makes stand-ins of no value yet.
func NewStandIns() *StandIns {
	words, mistakes := parseNameWords(credentialNames(), field.NewPath("names"))
	if len(mistakes) > 0 {
		panic(mistakes.ToAggregate())
	}
	return &StandIns{words: words, numbers: map[string]int{}}
}

// Forget begins anew: who reads two reviews does not learn that they hold the same value.
func (s *StandIns) Forget() { clear(s.numbers) }

// Sensitive tells whether a value looks like a credential, or is one by its name.
func (s *StandIns) Sensitive(name, value string) bool {
	return credentialIn(value) != "" || s.words.nameCredential(name, value)
}

// LooksSensitive tells whether a value looks like a credential, whatever its name.
func (s *StandIns) LooksSensitive(value string) bool { return credentialIn(value) != "" }

// For is the stand-in of the value of an environment variable.
func (s *StandIns) For(value string) string {
	form := credentialIn(value)
	switch _, notBool := strconv.ParseBool(strings.TrimSpace(value)); {
	case form != "":
		return s.credential(form, value)
	case notBool == nil, isSwitch(strings.TrimSpace(value)):
		return value
	case isPlainSetting(value) && isExpression(value):
		return "$(redacted-" + s.number(value) + ")"
	case isPlainSetting(value):
		return "/redacted-" + s.number(value)
	case isExpression(value):
		return "(redacted-" + s.number(value) + ")"
	case isAmount(value):
		return "100" + s.number(value) // 1 would be a switch
	case strings.Contains(value, "-") && len(validation.IsDNS1123Subdomain(value)) == 0:
		return "redacted-" + s.number(value)
	default:
		return "REDACTED_" + s.number(value)
	}
}

// number tells values apart.
func (s *StandIns) number(value string) string {
	n, known := s.numbers[value]
	if !known {
		n = len(s.numbers) + 1
		s.numbers[value] = n
	}
	return strconv.Itoa(n)
}

// credential looks like the one that it stands for.
func (s *StandIns) credential(form, value string) string {
	n := s.number(value)
	switch form {
	case "a private key":
		return standInKey(n)
	case "a JSON Web Token":
		return "eyJredacted.redacted.redacted-" + n
	case "a URL with a password":
		return "redacted://redacted:redacted-" + n + "@redacted"
	case "a connection string with a password":
		return "host=redacted password=redacted-" + n
	}
	for _, f := range credentialForms {
		if f.name == form && strings.HasPrefix(strings.TrimSpace(value), f.prefix) {
			text := f.prefix + "redacted" + n
			return text + strings.Repeat("x", max(0, f.length-len(text)))
		}
	}
	return "REDACTED_" + n
}

func standInKey(n string) string {
	return "-----BEGIN PRIVATE KEY-----\nREDACTED_" + n + "\n-----END PRIVATE KEY-----\n"
}

// ForEntry is the stand-in of a value in a ConfigMap. Of a file it keeps the names of the credentials
// in it, as what is found says them.
func (s *StandIns) ForEntry(key, value string) string {
	found := s.words.credentialIn(key, value)
	if found == "" {
		if strings.Contains(strings.TrimSpace(value), "\n") {
			text := "REDACTED_" + s.number(value)
			return text + "\n" + text + "\n" // one line would be evaluated by its key
		}
		return s.For(value)
	}
	var text strings.Builder
	for _, key := range privateKeys(value) {
		text.WriteString(standInKey(s.number(key)))
	}
	for line := range strings.Lines(value) {
		name, set := setting(line)
		byName := name != "" && !isExpression(set) && !namesSecret(name, set) && s.words.nameCredential(name, set)
		switch {
		case strings.Contains(set, "PRIVATE KEY-----"): // which are there already
		case byName:
			text.WriteString(name + "=" + s.For(set) + "\n")
		case credentialIn(set) != "":
			text.WriteString("redacted=" + s.For(set) + "\n")
		}
	}
	if text.Len() == 0 || credentialIn(value) != "" && s.words.credentialIn(key, text.String()) != found {
		return s.For(value) // it is one as a whole
	}
	return text.String()
}

// ForBinary is the stand-in of bytes.
func (s *StandIns) ForBinary(value []byte) []byte {
	switch {
	case len(value) == 0:
		return value
	case bytes.Contains(value, []byte("PRIVATE KEY-----")):
		return []byte(standInKey(s.number(strings.Join(privateKeys(string(value)), "\x00"))))
	default:
		return []byte("REDACTED_" + s.number(string(value)))
	}
}

// isSwitch tells whether a value is one of the words that settings are switched by.
func isSwitch(value string) bool {
	return slices.ContainsFunc(switches[:], func(word string) bool { return strings.EqualFold(value, word) })
}

var switches = [...]string{
	"", "true", "false", "yes", "no", "on", "off", "none", "null", "nil", "enabled", "disabled", "required", "optional",
}
