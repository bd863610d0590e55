package migrate

// The kinds that configuration files are given here: they have none of their own.
const (
	polarisConfiguration    = "PolarisConfiguration"
	kubeLinterConfiguration = "KubeLinterConfiguration"
	kRailConfiguration      = "KRailConfiguration"
)

// kindOfConfiguration tells whose configuration a file is. Polaris has severities by the names of
// checks, kube-linter a choice of checks, k-rail a list of policies that are enabled.
func kindOfConfiguration(content map[string]any) string {
	if checks, is := content["checks"].(map[string]any); is {
		for key, value := range checks {
			switch key {
			case "addAllBuiltIn", "doNotAutoAddDefaults", "include", "exclude", "ignorePaths":
				return kubeLinterConfiguration
			}
			if text, is := value.(string); is && (text == "ignore" || text == "warning" || text == "danger") {
				return polarisConfiguration
			}
		}
	}
	if list, is := content["policies"].([]any); is && len(list) > 0 {
		if first, is := list[0].(map[string]any); is && first["name"] != nil && (first["enabled"] != nil || first["report_only"] != nil) {
			return kRailConfiguration
		}
	}
	return ""
}
