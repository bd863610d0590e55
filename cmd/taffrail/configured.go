package main

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"taffrail.dev/taffrail/internal/config"
	"taffrail.dev/taffrail/internal/glob"
)

// configured are the flags that say what a configuration file holds for.
type configured struct {
	file    string
	exclude []string
	// root is the directory that exclude is relative to.
	root string
	// filled are the settings that took effect.
	filled []config.Setting
}

// ownForms marks the flag of a command whose results have forms of their own: those of the
// configuration file are for findings.
const ownForms = "taffrail-own-forms"

func (c *configured) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&c.file, "config", "", "the configuration file; left out, the nearest "+config.Name+" up to the root of the repository; --config= reads none")
	flags.StringArrayVar(&c.exclude, "exclude", nil, "a pattern, as in .gitignore, of files below directories that are left out; repeatable")
}

// apply gives the flags that the command line leaves out the values of the configuration file, and
// returns what to read where the command line names nothing.
func (c *configured) apply(cmd *cobra.Command, args []string) ([]string, error) {
	flags := cmd.Flags()
	if !flags.Changed("config") {
		var err error
		if c.file, err = config.Find("."); err != nil {
			return nil, usage(err)
		}
	}
	c.root = "."
	if c.file == "" {
		return args, nil
	}
	file, err := config.Load(c.file)
	if err != nil {
		return nil, usage(err)
	}
	for _, s := range file.Settings() {
		flag := flags.Lookup(s.Flag)
		if flag == nil || flag.Changed || flag.Annotations[ownForms] != nil {
			continue // of another command, or the command line has it
		}
		if s.Key == "exclude" {
			c.root = filepath.Dir(c.file)
		}
		if err := fill(flags, s); err != nil {
			return nil, usage(fmt.Errorf("%s:%d: %s: %w", c.file, s.Line, s.Key, err))
		}
		c.filled = append(c.filled, s)
	}
	if len(args) == 0 {
		args = file.Inputs
	}
	return args, nil
}

func fill(flags *pflag.FlagSet, s config.Setting) error {
	for _, value := range s.Values {
		if err := flags.Set(s.Flag, value); err != nil {
			return fmt.Errorf("%q: %w", value, cmp.Or(errors.Unwrap(err), err))
		}
	}
	return nil
}

// place puts the place in the file before what is wrong with a flag that nobody has typed.
func (c *configured) place(err error) error {
	exit, is := errors.AsType[*exitError](err)
	if !is || exit.err == nil {
		return err
	}
	for _, s := range c.filled {
		if rest, is := strings.CutPrefix(exit.Error(), "--"+s.Flag); is {
			return &exitError{exit.code, fmt.Errorf("%s:%d: %s%s", c.file, s.Line, s.Key, rest)}
		}
	}
	return err
}

// excluded tells of a file whether it is to be left out.
func (c *configured) excluded() (func(file string) bool, error) {
	patterns, err := glob.Compile(c.exclude)
	if err != nil {
		return nil, usage(fmt.Errorf("--exclude: %w", err))
	}
	root, err := filepath.Abs(c.root)
	if err != nil {
		return nil, usage(fmt.Errorf("--exclude: %w", err))
	}
	return func(file string) bool {
		path, err := filepath.Abs(file)
		if err == nil {
			path, err = filepath.Rel(root, path)
		}
		return err == nil && patterns.Match(filepath.ToSlash(path))
	}, nil
}
