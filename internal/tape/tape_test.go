package tape_test

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"

	json "github.com/go-json-experiment/json"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"taffrail.dev/taffrail/internal/tape"
)

func TestAMemberIsFoundAsItIsWritten(t *testing.T) {
	var read tape.Tape
	require.True(t, read.Read([]byte(` {"a":{"b" : [1, {"c":"x\ny"}], "d":null}, "e":"é"} `)))
	a := read.Root().Member("a")
	assert.Equal(t, `[1, {"c":"x\ny"}]`, string(a.Member("b").Raw()))
	assert.Equal(t, tape.Array, a.Member("b").Kind())
	assert.Equal(t, tape.Null, a.Member("d").Kind())
	assert.Equal(t, "é", read.Root().Member("e").Text())
	assert.False(t, a.Member("e").Known())
	assert.False(t, a.Member("e").Member("f").Known())
	assert.False(t, a.Member("b").Member("c").Known(), "a list has no members")
	assert.Equal(t, 5, read.Structures)
}

// What is not taken is the decoder's to decide about.
func TestWhatIsNotTaken(t *testing.T) {
	for name, text := range map[string]string{
		"a name twice":                       `{"a":1,"b":2,"a":3}`,
		"a name twice of many":               `{` + members(100) + `,"m42":1}`,
		"a name twice in a value":            `{"x":[{"a":1,"a":1}]}`,
		"a name that may be another's":       `{"\u0061":1}`,
		"a surrogate":                        `"\ud83d\ude00"`,
		"half of a surrogate":                `"\ud83d"`,
		"no UTF-8":                           "\"a longer text \xff\"",
		"no UTF-8 in a name":                 "{\"\xc3\":1}",
		"a control character":                "\"a longer text \x1f\"",
		"an escape that there is not":        `"\x"`,
		"an escape without an end":           `"\u12"`,
		"more than one value":                `{} {}`,
		"deeper than anything is":            strings.Repeat("[", 201) + strings.Repeat("]", 201),
		"more values than are kept":          `[` + strings.Repeat(`1,`, 9000) + `1]`,
		"a number that begins with a zero":   `-01`,
		"a number without an end":            `1e+`,
		"an item too many":                   `[1,]`,
		"nothing":                            ` `,
		"a list that ends as an object":      `[1}`,
		"a member without a value":           `{"a"}`,
		"a name that is not a string":        `{1:2}`,
		"a string without an end, at last":   `["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa`,
		"a backslash at the end of the text": `"\`,
	} {
		t.Run(name, func(t *testing.T) { assert.False(t, new(tape.Tape).Read([]byte(text))) })
	}
}

func members(n int) string {
	all := make([]string, n)
	for i := range all {
		all[i] = `"m` + strconv.Itoa(i) + `":0`
	}
	return strings.Join(all, ",")
}

func TestManyNamesAreTaken(t *testing.T) {
	for _, n := range []int{1, 23, 24, 25, 31, 32, 33, 1000} {
		assert.True(t, new(tape.Tape).Read([]byte(`{`+members(n)+`}`)), "%d", n)
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	body, err := os.ReadFile("../../webhook/testdata/big.review.json")
	require.NoError(t, err)
	var read tape.Tape
	require.True(t, read.Read(body))
	assert.Zero(t, testing.AllocsPerRun(10, func() { read.Read(body) }))
}

func TestWhatIsForgottenIsNotKept(t *testing.T) {
	var read tape.Tape
	require.True(t, read.Read([]byte(`{"a":"b"}`)))
	value := read.Root().Member("a").Text()
	read.Forget()
	assert.Equal(t, "b", value)
	assert.Less(t, read.Size(), 1<<10)
}

// FuzzRead holds that what is taken is what the decoder takes, and says the same.
func FuzzRead(f *testing.F) {
	for _, file := range []string{"small", "big", "xl", "bad"} {
		body, err := os.ReadFile("../../webhook/testdata/" + file + ".review.json")
		require.NoError(f, err)
		f.Add(body)
	}
	for _, text := range []string{
		`[0,-0,1.5e-3,"",null,true,false,{},[]]`, `{"":{"":[""]}}`, `{"a\"b":"c\\\/\u00e9\b\f\n\r\t","aaaaaaaaaaaaaaaaaaaaaaé":1}`,
		`{` + members(40) + `}`, `{` + members(40) + `,"m7":1}`, "[\"\xff\"]", "\"\x7f\u2028\"", " \t\r\n1 ", `{"a":1,"\u0061":2}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var read tape.Tape
		if !read.Read(text) {
			return
		}
		var want any
		require.NoError(t, json.Unmarshal(text, &want), "%q", text)
		require.Equal(t, want, valueOf(t, read.Root(), want))
	})
}

// valueOf is what a value says, where it is known what that must be.
func valueOf(t *testing.T, v tape.Value, like any) any {
	t.Helper()
	switch v.Kind() {
	case tape.Null:
		return nil
	case tape.True, tape.False:
		return v.Kind() == tape.True
	case tape.String:
		return v.Text()
	case tape.Object:
		object, is := like.(map[string]any)
		require.True(t, is)
		made := map[string]any{}
		for inner, item := range v.Members() {
			var name string
			require.NoError(t, json.Unmarshal([]byte(`"`+string(inner)+`"`), &name))
			made[name] = valueOf(t, item, object[name])
		}
		return made
	case tape.Array:
		list, is := like.([]any)
		require.True(t, is)
		made := []any{}
		for item := range v.Items() {
			require.Less(t, len(made), len(list))
			made = append(made, valueOf(t, item, list[len(made)]))
		}
		return made
	default:
		var number any
		require.NoError(t, json.Unmarshal(v.Raw(), &number))
		return number
	}
}

func TestALargerTextIsTakenWhenItsSizeIsKnown(t *testing.T) {
	var text bytes.Buffer
	text.WriteString("[0")
	for i := 1; i < 10_000; i++ {
		fmt.Fprintf(&text, `,{"n":%d}`, i)
	}
	text.WriteString("]")
	const nodes = 1 + 1 + 9_999*3

	var read tape.Tape
	require.False(t, read.Read(text.Bytes()))
	require.True(t, read.Full)
	require.False(t, read.ReadLarge(text.Bytes(), nodes-1), "more than was told is not taken")
	require.True(t, read.ReadLarge(text.Bytes(), nodes))
	require.Equal(t, 10_000, read.Root().Len())
	require.LessOrEqual(t, read.Size(), nodes*tape.NodeSize*5/4, "the tape takes what was asked for")

	require.False(t, read.Read([]byte(`[0,]`)))
	require.False(t, read.Full, "a text that is wrong is not too large")
}
