package skim_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	json "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	admissionv1 "k8s.io/api/admission/v1"

	"taffrail.dev/taffrail/internal/skim"
	"taffrail.dev/taffrail/internal/tape"
)

func TestOver(t *testing.T) {
	for _, test := range []struct {
		name, body         string
		values, containers int
		uid                string
		items              int
	}{
		{"the smallest", `{"request":{"uid":"u-1"}}`, 3, 0, "u-1", 0},
		{"the UID comes last", `{"request":{"object":{"uid":"not this"},"x":[{"uid":"nor this"}],"uid":"u-1"},"uid":"nor that"}`, 9, 0, "u-1", 1},
		{"names with escapes", `{"\u0072equest":{"u\u0069d":"\u0075-1","object":{"\u0063ontainers":[{}]}}}`, 6, 1, "u-1", 1},
		{"space everywhere", " {\n\"request\" :\t{ \"uid\" : \"u-1\" , \"containers\" : [ { } , { } ] } } ", 6, 2, "u-1", 2},
		{"containers of every type", `{"containers":[{},{}],"initContainers":[{}],"ephemeralContainers":[{}]}`, 8, 4, "", 4},
		{"null for a container", `{"containers":[null,null]}`, 4, 2, "", 2},
		{"lists within a container", `{"containers":[{"args":["a","b"],"ports":[{}]}]}`, 8, 1, "", 2},
		{"containers that are no list", `{"containers":{"a":[{}]}}`, 4, 0, "", 1},
		{"quotes and backslashes", `{"a\"b":"c\\","request":{"uid":"\"\\"}}`, 4, 0, `"\`, 0},
		{"brackets in strings", `{"a":"{[}],:","b":"containers"}`, 3, 0, "", 0},
		{"a number", `1`, 1, 0, "", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := []byte(test.body)
			look := skim.Over(body)
			assert.True(t, look.Whole)
			assert.False(t, look.TooDeep)
			assert.Equal(t, test.values, look.Values, "values")
			assert.Equal(t, test.containers, look.Containers, "containers")
			assert.Equal(t, test.items, look.Items, "items")
			assert.Equal(t, test.uid, look.UID(body))
		})
	}
}

func TestWhatIsNotWhole(t *testing.T) {
	for _, body := range []string{``, `{`, `{"a":`, `{"a"`, `["a`, `{"a\`, `]`, `{]`, `[}`, `{}{}`, `{} x`, `"`} {
		look := skim.Over([]byte(body))
		assert.False(t, look.Whole, "%s", body)
		assert.Empty(t, look.UID([]byte(body)), "%s", body)
	}
}

// A body that has come in part tells the UID if that was in it, as an API server sends it first.
func TestTheUIDOfAPart(t *testing.T) {
	body := []byte(`{"kind":"AdmissionReview","request":{"uid":"u-1","object":{"spec":{"contai`)
	look := skim.Over(body)
	assert.False(t, look.Whole)
	assert.Equal(t, "u-1", look.UID(body))
}

func TestDepth(t *testing.T) {
	for _, test := range []struct {
		depth   int
		tooDeep bool
	}{{skim.MaxDepth, false}, {skim.MaxDepth + 1, true}, {3 << 20, true}} {
		for _, brackets := range []string{"[]", `{"a":}`} {
			open, end := brackets[:len(brackets)-1], brackets[len(brackets)-1:]
			text := strings.Repeat(open, test.depth)
			if brackets != "[]" {
				text = text[:len(text)-len(`"a":`)]
			}
			look := skim.Over([]byte(text + strings.Repeat(end, test.depth)))
			assert.Equal(t, test.tooDeep, look.TooDeep, "%d of %s", test.depth, brackets)
			assert.True(t, look.Whole, "%d of %s", test.depth, brackets)
		}
	}
}

func TestTheUIDBehindWhatIsTooDeep(t *testing.T) {
	body := []byte(`{"request":{"object":{"a":` + strings.Repeat(`[{"a":`, 500) + `1` + strings.Repeat(`}]`, 500) + `},"uid":"u-1"}}`)
	look := skim.Over(body)
	assert.True(t, look.TooDeep)
	assert.True(t, look.Whole)
	assert.Equal(t, "u-1", look.UID(body))
}

// What is left without the large members tells whose request it is.
func TestHead(t *testing.T) {
	large := `"` + strings.Repeat("x", skim.LargeMember) + `"`
	for _, test := range []struct{ name, body, head string }{
		{"nothing is large", `{"request":{"uid":"u","object":{}}}`, `{"request":{"uid":"u","object":{}}}`},
		{"the object", `{"request":{"object":{"a":` + large + `},"uid":"u"}}`, `{"request":{"object":null,"uid":"u"}}`},
		{
			"both objects", `{"request":{"uid":"u","object":[` + large + `],"oldObject":` + large + `,"dryRun":true}}`,
			`{"request":{"uid":"u","object":null,"oldObject":null,"dryRun":true}}`,
		},
		{"the options", `{"request":{"options":{"a":` + large + `},"uid":"u"}}`, `{"request":{"options":null,"uid":"u"}}`},
		{"beside the request", `{"response":[` + large + `],"request":{"uid":"u"}}`, `{"response":null,"request":{"uid":"u"}}`},
		{"a request that is a list", `{"request":[{"object":` + large + `}]}`, `{"request":null}`},
		{"objects elsewhere", `{"x":{"request":{"object":` + large + `}}}`, `{"x":null}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			look := skim.Over([]byte(test.body))
			require.True(t, look.Whole)
			assert.Equal(t, test.head, string(look.Head(nil, []byte(test.body))))
		})
	}
}

func TestOverAllocatesNothing(t *testing.T) {
	body := []byte(`{"request":{"u\u0069d":"u","object":{"containers":[` + strings.Repeat(`{"name":"a"},`, 1000) + `{}]}}}`)
	assert.Zero(t, testing.AllocsPerRun(10, func() { skim.Over(body) }))
}

// FuzzOver compares the look with the decoder: whatever text that takes, the look
// says the same of it.
func FuzzOver(f *testing.F) {
	for _, file := range []string{"small", "big", "xl", "bad"} {
		body, err := os.ReadFile("../../webhook/testdata/" + file + ".review.json")
		require.NoError(f, err)
		f.Add(body)
	}
	f.Add([]byte(`{"request":{"u\u0069d":"\u0075","object":{"\u0063ontainers":[null,{},[{}]]}},"request ":1}`))
	f.Add([]byte(`{"request":{"uid":"a","uid":"b"}}`))
	f.Add([]byte(`[{"request":{"uid":"\\\""}}] `))
	f.Fuzz(func(t *testing.T, body []byte) {
		look := skim.Over(body)
		uid := look.UID(body)
		head := look.Head(nil, body)
		var read tape.Tape
		if read.Read(body) {
			of := skim.Of(read.Root())
			require.Equal(t, []int{look.Values, look.Items, look.Containers, look.Built}, []int{of.Values, of.Items, of.Containers, of.Built})
			require.True(t, of.Whole && look.Whole)
			require.False(t, look.TooDeep)
		}
		values, containers, err := counted(body)
		if err != nil {
			return
		}
		require.True(t, look.Whole)
		if look.TooDeep {
			return
		}
		require.Equal(t, values, look.Values)
		require.Equal(t, containers, look.Containers)
		var whole, part admissionv1.AdmissionReview
		if json.Unmarshal(body, &whole) != nil || whole.Request == nil {
			return
		}
		require.Equal(t, string(whole.Request.UID), uid)
		if len(uid) < skim.LargeMember {
			require.NoError(t, json.Unmarshal(head, &part), "%s", head)
			require.Equal(t, whole.Request.UID, part.Request.UID)
			require.Equal(t, whole.Request.Operation, part.Request.Operation)
		}
	})
}

// counted counts values and containers as the decoder sees them.
func counted(body []byte) (values, containers int, err error) {
	d := jsontext.NewDecoder(bytes.NewReader(body))
	for {
		token, err := d.ReadToken()
		switch {
		case errors.Is(err, io.EOF) && values > 0:
			return values, containers, nil
		case err != nil:
			return 0, 0, err
		case values > 0 && d.StackDepth() == 0 && token.Kind() != '}' && token.Kind() != ']':
			return 0, 0, errors.New("more than one value")
		}
		kind := token.Kind()
		depth := d.StackDepth()
		if kind == '{' || kind == '[' {
			depth--
		}
		parent, length := d.StackIndex(depth)
		switch {
		case kind == '}' || kind == ']' || parent == '{' && length%2 == 1:
			continue
		case depth == 0 && length > 1:
			return 0, 0, errors.New("more than one value")
		}
		values++
		if parent == '[' && isOneOfContainers(d.StackPointer()) {
			containers++
		}
	}
}

// isOneOfContainers tells whether the item that was read last is one of a list of containers.
func isOneOfContainers(pointer jsontext.Pointer) bool {
	list := pointer.Parent()
	switch list.LastToken() {
	case "containers", "initContainers", "ephemeralContainers":
		return list != ""
	default:
		return false
	}
}

// The estimate is what the process counts on.
func TestBuiltCoversWhatDecodingTakes(t *testing.T) {
	for name, body := range map[string]string{
		"empty containers":       `{"containers":[` + repeated(`{}`) + `]}`,
		"null containers":        `{"containers":[` + repeated(`null`) + `]}`,
		"claims":                 `{"volumeClaimTemplates":[` + repeated(`{}`) + `]}`,
		"small maps":             `{"a":[` + repeated(`{"a":1}`) + `]}`,
		"maps in maps":           `{"a":[` + repeated(`{"a":{"a":{}}}`) + `]}`,
		"large maps":             `{"a":{` + members() + `}}`,
		"lists":                  `{"a":[` + repeated(`[]`) + `]}`,
		"lists in lists":         `{"a":[` + repeated(`[[1]]`) + `]}`,
		"numbers":                `{"a":[` + repeated(`1000`) + `]}`,
		"strings":                `{"a":[` + repeated(`""`) + `]}`,
		"one string":             `{"a":"` + strings.Repeat("a", n) + `"}`,
		"booleans in containers": `{"containers":[` + repeated(`{"stdin":true,"securityContext":{"privileged":true}}`) + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			built := skim.Over([]byte(body)).Built
			for as, into := range map[string]func() any{
				"anything":    func() any { return new(any) },
				"a Pod":       func() any { return new(podSpec) },
				"StatefulSet": func() any { return new(statefulSetSpec) },
			} {
				took := heapOf(func() any {
					v := into()
					_ = json.Unmarshal([]byte(body), v)
					return v
				})
				assert.LessOrEqual(t, took, built, "decoded as %s", as)
			}
		})
	}
}
