package printable

import "io"

// Style is how text looks on a terminal.
type Style string

// The styles that a program of ours uses. None hides text.
const (
	Plain  Style = ""
	Bold   Style = "1"
	Dim    Style = "2"
	Red    Style = "31"
	Green  Style = "32"
	Cyan   Style = "36"
	Alarm  Style = "1;31"
	Notice Style = "1;33"
)

// WriteStyled writes text in a style. The marks of the style are ours; those in the text are made
// readable like everything else, so that no input chooses how it looks.
func (w *Writer) WriteStyled(style Style, text string) error {
	if style == Plain {
		_, err := io.WriteString(w, text)
		return err
	}
	if _, err := io.WriteString(w.out, "\x1b["+string(style)+"m"); err != nil {
		return err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	_, err := io.WriteString(w.out, "\x1b[0m")
	return err
}
