// Package config reads .taffrail.yaml, the configuration of a repository: what the command line
// would have to say again and again. Each of its keys is a flag, and a flag wins.
package config

// Name is what the file is called.
const Name = ".taffrail.yaml"

// Config is what the file says.
type Config struct {
	Guardrails      string            `json:"guardrails" doc:"A file or a directory of Guardrails and Exemptions; the built-in default when left out."`
	Inputs          []string          `json:"inputs" doc:"The files and directories that are read where the command line names none."`
	Exclude         []string          `json:"exclude" doc:"Patterns, as in .gitignore, of files below directories that are left out."`
	Namespace       string            `json:"namespace" doc:"The namespace of objects that name none; left out, default."`
	NamespaceLabels map[string]string `json:"namespaceLabels" doc:"The labels of Namespaces that are not among the inputs; left out, what their names do not decide is taken to match."`
	Output          []string          `json:"output" doc:"The forms of the result; FORM=FILE writes one into a file."`
	FailOn          string            `json:"failOn" doc:"What makes the exit code 1: deny, warn for warnings too, or never."`
}

// File is a configuration file. Its paths are as they are from the working directory.
type File struct {
	Path string
	Config
	// lines are those of the keys.
	lines map[string]int
}

// Setting is what a file says of a flag.
type Setting struct {
	Key, Flag string
	Line      int
	Values    []string
}
