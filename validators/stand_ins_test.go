package validators

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestStandIns(t *testing.T) {
	s := NewStandIns()
	for value, want := range map[string]string{
		"":                                   "",
		"true":                               "true",
		"OFF":                                "OFF",
		"1":                                  "1",
		"*****":                              "/redacted-1",
		"hunter2":                            "REDACTED_1",
		"12345":                              "1001",
		"30s":                                "1001",
		"my-token":                           "redacted-1",
		"a(b)":                               "(redacted-1)",
		"/etc/x":                             "/redacted-1",
		"$(OTHER)":                           "$(redacted-1)",
		"https://user:hunter2@example.com/":  "redacted://redacted:redacted-1@redacted",
		"https://example.com/":               "/redacted-1",
		"host=db password=hunter2":           "host=redacted password=redacted-1",
		"AKIAIOSFODNN7EXAMPLE":               "AKIAredacted1xxxxxxx",
		"-----BEGIN RSA PRIVATE KEY-----\nx": "-----BEGIN PRIVATE KEY-----\nREDACTED_1\n-----END PRIVATE KEY-----\n",
	} {
		s.Forget()
		assert.Equal(t, want, s.For(value), value)
		assert.Equal(t, want, s.For(value), "the same value has the same stand-in: %q", value)
	}
}

func TestAFileKeepsTheNamesOfItsCredentials(t *testing.T) {
	s := NewStandIns()
	assert.Equal(t, "db.password=REDACTED_1\nredacted=redacted://redacted:redacted-2@redacted\n",
		s.ForEntry("app.properties", "size: 3\ndb.password=hunter2\nserver = https://a:b@c/\n"))
	s.Forget()
	assert.Equal(t, strings.Repeat("REDACTED_1\n", 2), s.ForEntry("token", "size: 3\nname: x\n"), "a file, and no token")
}

// FuzzStandIns: what the checks of credentials find in a value they find in its stand-in, and a
// value has one stand-in.
func FuzzStandIns(f *testing.F) {
	for _, name := range []string{"DB_PASSWORD", "TOKEN_TTL", "app.properties", "secret"} {
		for _, value := range []string{
			"", "hunter2", "true", "12345", "my-token", "a(b)", "$X", "$(X)", "/x", "***", "ghp_012345678901234567890123456789012345", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.x",
			"a://b:c@d", "host=db password=x", "PRIVATE KEY-----", "x: 1\npassword: y\n", "x\n", "password: a://b:c@d\nq: -----BEGIN PRIVATE KEY-----\nz\n-----END PRIVATE KEY-----",
			"a://b\nc: d://e:f@g\n",
		} {
			f.Add(name, value)
		}
	}
	f.Fuzz(func(t *testing.T, name, value string) {
		s := NewStandIns()
		standIn := s.For(value)
		assert.Equal(t, value == "", standIn == "", "%q", standIn)
		assert.Equal(t, credentialIn(value), credentialIn(standIn), "%q", standIn)
		if credentialIn(value) == "" { // else its name is not asked for
			assert.Equal(t, s.words.nameCredential(name, value), s.words.nameCredential(name, standIn), "%q", standIn)
		}
		assert.Equal(t, standIn, s.For(value))

		entry := s.ForEntry(name, value)
		assert.Equal(t, s.words.credentialIn(name, value) != "", s.words.credentialIn(name, entry) != "", "%q", entry)
		assert.Equal(t, entry, s.ForEntry(name, value))
	})
}
