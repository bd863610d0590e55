package guardrail

import (
	"bufio"
	"bytes"
	_ "embed" // for default.yaml
	"errors"
	"fmt"
	"io"
	"strings"

	utilyaml "k8s.io/apimachinery/pkg/util/yaml"
	kjson "sigs.k8s.io/json"
	"sigs.k8s.io/yaml"

	"taffrail.dev/taffrail/api/v1alpha1"
	"taffrail.dev/taffrail/internal/printable"
)

// Objects are Guardrails, Exemptions and NamespaceKits as they were written.
type Objects struct {
	Guardrails []v1alpha1.Guardrail
	Exemptions []v1alpha1.Exemption
	Kits       []v1alpha1.NamespaceKit
	// Place says where a mistake is, as FILE:LINE; nil for objects that come from no file.
	Place func(*Mistake) string
}

//go:embed default.yaml
var defaultYAML []byte

// Default is the guardrail that serves when there are no files and no cluster.
func Default() Objects {
	objects, err := Parse("default.yaml", defaultYAML)
	if err != nil {
		panic(err) // a test decodes it: this is a mistake in the program
	}
	return objects
}

// Parse reads the YAML or JSON documents of one file, whose name mistakes carry. It lists every
// mistake.
func Parse(file string, data []byte) (Objects, error) {
	var objects Objects
	var mistakes []error
	reader := utilyaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(data)))
	for n := 1; ; n++ {
		document, err := reader.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		wrong := []error{err}
		if err == nil {
			wrong = objects.Add(document)
		}
		for _, mistake := range wrong {
			mistakes = append(mistakes, printable.Error(fmt.Errorf("%s, document %d: %w", file, n, mistake)))
		}
	}
	return objects, errors.Join(mistakes...)
}

// Add reads one document, YAML or JSON, and lists every mistake in it. Of a Guardrail that cannot be
// read as a whole it lists those, too, that show only when it is compiled: it takes no second try to
// be told of them.
func (o *Objects) Add(document []byte) []error {
	before := len(o.Guardrails)
	err := o.decode(document)
	if err == nil {
		return nil
	}
	mistakes := flatten(err)
	b := builder{rules: ruleNames(o.Guardrails)}
	for i := before; i < len(o.Guardrails); i++ {
		_, p := b.guardrail(&o.Guardrails[i])
		mistakes = append(mistakes, p.result("Guardrail", o.Guardrails[i].Name).mistakes...)
	}
	return mistakes
}

func (o *Objects) decode(document []byte) error {
	raw, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		text := strings.TrimPrefix(err.Error(), "error converting YAML to JSON: ")
		return errors.New(strings.ReplaceAll(text, "\n ", "")) // its own line breaks: it quotes what it repeats
	}
	if string(raw) == "null" {
		return nil
	}
	var head struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := kjson.UnmarshalCaseSensitivePreserveInts(raw, &head); err != nil {
		return fmt.Errorf("must be an object: %w", err)
	}
	if head.APIVersion != v1alpha1.GroupVersion.String() {
		return fmt.Errorf("apiVersion: must be %s, is %q", v1alpha1.GroupVersion, head.APIVersion)
	}
	raw = AsWritten(raw, document)
	switch head.Kind {
	case "Guardrail":
		return decodeStrictly(raw, &o.Guardrails)
	case "Exemption":
		return decodeStrictly(raw, &o.Exemptions)
	case "NamespaceKit":
		return decodeStrictly(raw, &o.Kits)
	default:
		return fmt.Errorf("kind: must be Guardrail, Exemption or NamespaceKit, is %q", head.Kind)
	}
}

// decodeStrictly takes what can be read of an object, and answers what cannot.
func decodeStrictly[T any](raw []byte, list *[]T) error {
	var object T
	unknown, wrong := unmarshal(raw, &object, "fields")
	*list = append(*list, object)
	return errors.Join(append(unknown, wrong...)...)
}
