package record_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/record"
)

// about is a review of an object.
func about(object string) string {
	return `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1","object":` + object + `}}`
}

func TestWhatIsRedacted(t *testing.T) {
	for what, c := range map[string]struct{ is, becomes string }{
		"data of a Secret": {
			`{"kind":"Secret","data":{"a":"aHVudGVyMg==","b":"aHVudGVyMw=="}}`,
			`{"kind":"Secret","data":{"a":"UkVEQUNURURfMQ==","b":"UkVEQUNURURfMg=="}}`,
		},
		"data before the kind": {
			`{"data":{"a":"aHVudGVyMg=="},"kind":"Secret"}`,
			`{"data":{"a":"UkVEQUNURURfMQ=="},"kind":"Secret"}`,
		},
		"stringData": {
			`{"kind":"Secret","stringData":{"a":"hunter2"}}`,
			`{"kind":"Secret","stringData":{"a":"REDACTED_1"}}`,
		},
		"a Secret in another object": {
			`{"kind":"Template","objects":[{"kind":"Secret","data":{"a":"aHVudGVyMg=="},"stringData":{"a":"hunter2"}}]}`,
			`{"kind":"Template","objects":[{"kind":"Secret","data":{"a":"UkVEQUNURURfMQ=="},"stringData":{"a":"REDACTED_1"}}]}`,
		},
		"a name that is written in another way": {
			`{"kind":"Secret","string\u0044ata":{"a":"hunter2"}}`,
			`{"kind":"Secret","string\u0044ata":{"a":"REDACTED_1"}}`,
		},
		"env, in every kind and at every depth": {
			`{"kind":"Fancy","spec":{"steps":[{"env":[{"name":"A","value":"hunter2"},{"name":"B","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]}]}}`,
			`{"kind":"Fancy","spec":{"steps":[{"env":[{"name":"A","value":"REDACTED_1"},{"name":"B","valueFrom":{"fieldRef":{"fieldPath":"metadata.name"}}}]}]}}`,
		},
		"env that is an object": {
			`{"kind":"Fancy","spec":{"env":{"A":"hunter2","B":3,"C":true}}}`,
			`{"kind":"Fancy","spec":{"env":{"A":"REDACTED_1","B":0,"C":true}}}`,
		},
		"headers of a probe": {
			`{"kind":"Pod","spec":{"containers":[{"livenessProbe":{"httpGet":{"path":"/","httpHeaders":[{"name":"Authorization","value":"Basic x"}]}}}]}}`,
			`{"kind":"Pod","spec":{"containers":[{"livenessProbe":{"httpGet":{"path":"/","httpHeaders":[{"name":"Authorization","value":"REDACTED_1"}]}}}]}}`,
		},
		"the annotation that repeats the object, and those that are named": {
			`{"kind":"Pod","metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{\"a\":\"hunter2\"}","example.com/pin":"hunter2","other":"stays"}}}`,
			`{"kind":"Pod","metadata":{"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"(redacted-1)","example.com/pin":"REDACTED_2","other":"stays"}}}`,
		},
		"a ConfigMap, but for switches": {
			`{"kind":"ConfigMap","data":{"a":"hunter2","b":"true","c":"/etc/x","app.conf":"x: 1\npassword: hunter2\n"},"binaryData":{"d":"aHVudGVyMg=="}}`,
			`{"kind":"ConfigMap","data":{"a":"REDACTED_1","b":"true","c":"/redacted-2","app.conf":"password=REDACTED_1\n"},"binaryData":{"d":"UkVEQUNURURfMQ=="}}`,
		},
		"data of a kind that nobody knows stays, but for what is called a credential": {
			`{"kind":"Fancy","data":{"size":"3","token":"hunter2"}}`,
			`{"kind":"Fancy","data":{"size":"3","token":"REDACTED_1"}}`,
		},
		"a token, and whatever looks like one": {
			`{"kind":"TokenReview","spec":{"token":"hunter2","args":["--token=hunter2","ghp_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]}}`,
			`{"kind":"TokenReview","spec":{"token":"REDACTED_1","args":["--token=REDACTED_1","ghp_redacted2xxxxxxxxxxxxxxxxxxxxxxx"]}}`,
		},
		"labels and selectors stay": {
			`{"kind":"Pod","metadata":{"labels":{"secret":"s"}},"spec":{"nodeSelector":{"token":"t"},"selector":{"matchLabels":{"password":"p"}}}}`,
			`{"kind":"Pod","metadata":{"labels":{"secret":"s"}},"spec":{"nodeSelector":{"token":"t"},"selector":{"matchLabels":{"password":"p"}}}}`,
		},
		"what nobody knows stays as it was written": {
			`{"kind":"Pod","spec":{"new":{"b":1.50,"a":[1e3,null,"\u00e9"]}}}`,
			`{"kind":"Pod","spec":{"new":{"b":1.50,"a":[1e3,null,"\u00e9"]}}}`,
		},
	} {
		redacted, err := record.NewRedactor("example.com/pin").Redact([]byte(about(c.is)))
		require.NoError(t, err, what)
		assert.Equal(t, about(c.becomes), string(redacted), what)
	}
}

func TestTheUserIsKeptAndWhatIsExtraOfThemIsNot(t *testing.T) {
	redacted, err := record.NewRedactor().Redact([]byte(`{"kind":"AdmissionReview","request":{"userInfo":{"username":"jane","groups":["a"],` +
		`"extra":{"id":["hunter2"]}}},"response":{"patch":"hunter2"}}`))
	require.NoError(t, err)
	assert.JSONEq(t, `{"kind":"AdmissionReview","request":{"userInfo":{"username":"jane","groups":["a"],`+
		`"extra":{"id":["REDACTED_1"]}}},"response":{"patch":"REDACTED_1"}}`, string(redacted))
}

// The old object has the stand-ins of the new one, so that an update is compared as before.
func TestEqualValuesHaveEqualStandIns(t *testing.T) {
	r := record.NewRedactor()
	const env = `{"kind":"Pod","spec":{"containers":[{"env":[{"name":"PASSWORD","value":"%"}]}]}}`
	review := func(object, old string) string {
		redacted, err := r.Redact([]byte(`{"request":{"object":` + strings.Replace(env, "%", object, 1) +
			`,"oldObject":` + strings.Replace(env, "%", old, 1) + `}}`))
		require.NoError(t, err)
		return string(redacted)
	}
	assert.Equal(t, 2, strings.Count(review("hunter2", "hunter2"), "REDACTED_1"))
	assert.Contains(t, review("hunter2", "hunter3"), "REDACTED_2")
	assert.NotContains(t, review("hunter3", "hunter3"), "REDACTED_2", "nothing is said of two reviews")
}

func TestALineStaysALine(t *testing.T) {
	redacted, err := record.NewRedactor().Redact([]byte("{\n  \"kind\": \"AdmissionReview\",\n  \"request\": {\"uid\": \"1\"}\n}\n"))
	require.NoError(t, err)
	assert.NotContains(t, string(redacted), "\n")
	assert.JSONEq(t, `{"kind":"AdmissionReview","request":{"uid":"1"}}`, string(redacted))
}

func TestWhatHasNoRedactedForm(t *testing.T) {
	for review, why := range map[string]string{
		``:                               "EOF",
		`[]`:                             "must be an object",
		`{"kind":"AdmissionReview"`:      "EOF",
		`{"request":{}} {"request":{}}`:  "must be one JSON value",
		`{"request":{},"request":{}}`:    "duplicate",
		"{\"request\":{\"a\":\"\xff\"}}": "UTF-8",
		`{"request":{"object":` + strings.Repeat(`{"a":`, 300) + `1` + strings.Repeat(`}`, 302): "values within values",
		about(strings.Repeat(`{"data":`, 100) + `1` + strings.Repeat(`}`, 100)):                 "data within data",
	} {
		redacted, err := record.NewRedactor().Redact([]byte(review))
		require.ErrorContains(t, err, why, review)
		assert.Nil(t, redacted)
	}
}

// FuzzRedact: whatever comes, what is kept is one line of JSON. internal/replay has the secrets.
func FuzzRedact(f *testing.F) {
	for _, object := range []string{
		`{"kind":"Secret","data":{"a":"aHVudGVyMg=="},"stringData":{"b":"hunter2"}}`,
		`{"kind":"ConfigMap","data":{"a":"x: 1\npassword: hunter2"},"binaryData":{"b":"eA=="}}`,
		`{"kind":"Pod","metadata":{"annotations":{"a":"b"}},"spec":{"containers":[{"env":[{"name":"A","value":"b"},1,"c"],"args":["--token=x"]}]}}`,
		`{"kind":["Secret"],"data":{"data":{"data":[{"env":{"a":{"b":1}}}]}}}`,
	} {
		f.Add([]byte(about(object)))
	}
	f.Fuzz(func(t *testing.T, review []byte) {
		redacted, err := record.NewRedactor().Redact(review)
		if err != nil {
			return
		}
		require.True(t, json.Valid(redacted), "%s", redacted)
		assert.NotContains(t, string(redacted), "\n")
		_, err = record.NewRedactor().Redact(redacted)
		require.NoError(t, err, "%s", redacted)
	})
}
