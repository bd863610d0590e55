package printable

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Width is how many columns of a terminal a text takes that can be printed.
func Width(text string) (columns int) {
	for _, r := range text {
		columns += runeWidth(r)
	}
	return columns
}

// Head is as much of a text as fits into columns. What is left out is marked.
func Head(text string, columns int) string {
	if Width(text) <= columns {
		return text
	}
	end, used := 0, 0
	for i, r := range text {
		if used += runeWidth(r); used > columns-1 {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	return text[:end] + "…"
}

// Tail is as much of the end of a text as fits into columns. What is left out is marked.
func Tail(text string, columns int) string {
	if Width(text) <= columns {
		return text
	}
	begin, used := len(text), 0
	for begin > 0 {
		r, size := utf8.DecodeLastRuneInString(text[:begin])
		if used += runeWidth(r); used > columns-1 {
			break
		}
		begin -= size
	}
	return "…" + text[begin:]
}

// Wrap breaks a text at blanks, so that it fits a number of columns if that is above 0. What is too
// long for the last line is cut.
func Wrap(text string, columns, most int) (lines []string) {
	for columns > 0 && Width(text) > columns {
		at := strings.LastIndexByte(Head(text, columns+1), ' ')
		if at <= 0 || len(lines) == most-1 {
			return append(lines, Head(text, columns))
		}
		lines = append(lines, text[:at])
		text = text[at+1:]
	}
	return append(lines, text)
}

func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// wide are the letters that terminals give two columns (Unicode's East Asian Width W and F, in blocks).
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{0x1100, 0x115F, 1},
		{0x231A, 0x231B, 1},
		{0x23E9, 0x23EC, 1},
		{0x2E80, 0x303E, 1},
		{0x3041, 0x33FF, 1},
		{0x3400, 0x4DBF, 1},
		{0x4E00, 0x9FFF, 1},
		{0xA000, 0xA4CF, 1},
		{0xA960, 0xA97F, 1},
		{0xAC00, 0xD7A3, 1},
		{0xF900, 0xFAFF, 1},
		{0xFE10, 0xFE19, 1},
		{0xFE30, 0xFE6F, 1},
		{0xFF00, 0xFF60, 1},
		{0xFFE0, 0xFFE6, 1},
	},
	R32: []unicode.Range32{
		{0x16FE0, 0x18DFF, 1},
		{0x1B000, 0x1B2FF, 1},
		{0x1F300, 0x1F64F, 1},
		{0x1F680, 0x1F6FF, 1},
		{0x1F900, 0x1FAFF, 1},
		{0x20000, 0x3FFFD, 1},
	},
}
