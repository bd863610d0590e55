package policyreport

import (
	"fmt"
	"io"
	"time"

	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/internal/audit"
)

// WriteYAML writes the reports of an audit as documents of OpenReports, as they would be in the
// cluster.
func WriteYAML(w io.Writer, r *audit.Report) error {
	separator := ""
	for n := range namespaces(r) {
		for _, one := range n.reports(&OpenReports, nil) {
			one.stamp(func(id string) time.Time {
				if since, known := n.since[id]; known {
					return since
				}
				return r.Time
			})
			text, err := yaml.Marshal(one)
			if err != nil {
				return fmt.Errorf("writing the report of namespace %q: %w", n.name, err)
			}
			if _, err := fmt.Fprintf(w, "%s%s", separator, text); err != nil {
				return err
			}
			separator = "---\n"
		}
	}
	if separator == "" {
		_, err := io.WriteString(w, "# nothing is found: there is no report\n")
		return err
	}
	return nil
}
