package migrate

import "strings"

func (r *Result) provenText(*strings.Builder) {}

func (r *Result) provenMarkdown(*strings.Builder) {}
