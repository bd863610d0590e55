package migrate

import "taffrail.dev/taffrail/internal/migrate/linters"

// kindOfConfiguration tells whose configuration a file is. Polaris has severities by the names of
// checks, kube-linter a choice of checks, k-rail a list of policies that are enabled.
func kindOfConfiguration(content map[string]any) string {
	if checks, is := content["checks"].(map[string]any); is {
		for key, value := range checks {
			switch key {
			case "addAllBuiltIn", "doNotAutoAddDefaults", "include", "exclude", "ignorePaths":
				return linters.KubeLinter
			}
			if text, is := value.(string); is && (text == "ignore" || text == "warning" || text == "danger") {
				return linters.Polaris
			}
		}
	}
	if list, is := content["policies"].([]any); is && len(list) > 0 {
		if first, is := list[0].(map[string]any); is && first["name"] != nil && (first["enabled"] != nil || first["report_only"] != nil) {
			return linters.KRail
		}
	}
	return ""
}
