package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"taffrail.dev/taffrail/guardrail"
)

// shells are those that there is a completion for, each with what writes it.
var shells = []struct {
	name  string
	write func(root *cobra.Command, out io.Writer) error
}{
	{"bash", func(root *cobra.Command, out io.Writer) error { return root.GenBashCompletionV2(out, true) }},
	{"zsh", (*cobra.Command).GenZshCompletion},
	{"fish", func(root *cobra.Command, out io.Writer) error { return root.GenFishCompletion(out, true) }},
	{"powershell", (*cobra.Command).GenPowerShellCompletionWithDesc},
}

func completionCommand(io streams) *cobra.Command {
	var names []string
	for _, shell := range shells {
		names = append(names, shell.name)
	}
	return &cobra.Command{
		Use:   "completion bash|zsh|fish|powershell",
		Short: "Print a script by which a shell completes commands, flags and names",
		Long: "Print a script by which a shell completes commands, flags and the names of checks and defaults.\n\n" +
			"As `kubectl taffrail`, kubectl asks a program beside the plugin, which is this one by another name:\n" +
			"link it as kubectl_complete-taffrail into a directory of PATH.",
		Example: "  source <(taffrail completion bash)                                   # in ~/.bashrc, with bash-completion\n" +
			"  source <(taffrail completion zsh)                                    # in ~/.zshrc, after compinit\n" +
			"  taffrail completion fish >~/.config/fish/completions/taffrail.fish\n" +
			"  taffrail completion powershell | Out-String | Invoke-Expression      # in $PROFILE\n\n" +
			"  ln -s \"$(command -v kubectl-taffrail)\" ~/.local/bin/kubectl_complete-taffrail",
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeOnce(names),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return errors.New("must name a shell: bash, zsh, fish or powershell")
			}
			for _, shell := range shells {
				if shell.name == args[0] {
					return shell.write(cmd.Root(), io.out)
				}
			}
			return usage(unknownShell(args[0], names))
		},
	}
}

func unknownShell(name string, names []string) error {
	text := fmt.Sprintf("shell %q: must be bash, zsh, fish or powershell", name)
	if nearest := guardrail.NearestName(name, names); nearest != "" {
		text += fmt.Sprintf("; did you mean %q?", nearest)
	}
	return errors.New(text)
}
