package workload

import (
	"encoding/json"
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// VolumeSource is the name of a volume's source, and the source in JSON. A volume has none when its
// type is newer than our k8s.io/api.
func VolumeSource(volume *corev1.Volume) (name, value string) {
	source := reflect.ValueOf(volume.VolumeSource)
	for i := range source.NumField() {
		if field := source.Field(i); !field.IsNil() {
			name, _, _ = strings.Cut(source.Type().Field(i).Tag.Get("json"), ",")
			// What was decoded from JSON can be encoded again.
			encoded, _ := json.Marshal(field.Interface())
			return name, string(encoded)
		}
	}
	return "", ""
}
