package sets

import "encoding/json"

// OfKustomization are the ConfigMaps and Secrets that a kustomization generates. It is no object of a
// cluster, and may put what it generates into any namespace.
func OfKustomization(raw []byte, at At, needs Needs) (facts []Fact) {
	type generator struct {
		Name string `json:"name"`
	}
	var k struct {
		ConfigMaps []generator `json:"configMapGenerator"`
		Secrets    []generator `json:"secretGenerator"`
	}
	if !needs.Has(ConfigMaps|Secrets) || json.Unmarshal(raw, &k) != nil {
		return nil
	}
	for _, g := range k.ConfigMaps {
		facts = append(facts, &Named{Object{At: at, Kind: ConfigMap, Namespace: Everywhere, Name: g.Name}})
	}
	for _, g := range k.Secrets {
		facts = append(facts, &Named{Object{At: at, Kind: Secret, Namespace: Everywhere, Name: g.Name}})
	}
	return facts
}
