// Package migrate makes Guardrails and Exemptions of the policies of other tools, and gives account
// of each rule: exact, nearly with the difference, or left with the reason.
//
// Each tool is a source, in a file or a package of its own. No rule is lost: what a source does not
// say anything about is left. What does not compile is left, too.
package migrate
