package report

import (
	"strings"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/builtin"
	"taffrail.dev/taffrail/internal/reference"
	"taffrail.dev/taffrail/validators"
)

// catalogue is what there is to say of each check, by its name.
func catalogue() map[string]reference.Page {
	_, doc, _ := strings.Cut(builtin.SchemaPage, "\n\n")
	pages := map[string]reference.Page{
		builtin.SchemaName: {
			List: reference.Validators, Name: builtin.SchemaName, Summary: builtin.SchemaSummary, Doc: doc,
			Severity: validators.Medium, Action: string(v1alpha1.Warn),
		},
	}
	for _, page := range reference.Pages() {
		if page.List == reference.Validators {
			pages[page.Name] = page
		}
	}
	return pages
}

// DocumentationOf is where a check is documented, or empty where it is not.
func DocumentationOf(check string) string {
	if _, known := validators.Find(check); !known {
		return ""
	}
	return home + "/docs/reference/validators/" + check + ".md"
}
