package validators

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestMistakesInPodChecks(t *testing.T) {
	for _, test := range []struct {
		check, params string
		want          []string
	}{
		{"runtime-socket-mount", "{paths: []}", []string{
			`paths: Required value: must name a path`,
		}},
		{"sensitive-host-mounts", `{paths: [etc, /etc/../root, 'C:\..\x', /etc, 'C:\Windows']}`, []string{
			`paths[0]: Invalid value: "etc": must be an absolute path without ..`,
			`paths[1]: Invalid value: "/etc/../root": must be an absolute path without ..`,
			`paths[2]: Invalid value: "C:\\..\\x": must be an absolute path without ..`,
		}},
		{"host-path-allowed", "{paths: [{prefix: ''}, {prefix: data, readOnly: true}]}", []string{
			`paths[0].prefix: Invalid value: "": must be an absolute path without ..`,
			`paths[1].prefix: Invalid value: "data": must be an absolute path without ..`,
		}},
		{"required-drop-capabilities", "{capabilities: []}", []string{
			`capabilities: Required value: must name a capability`,
		}},
		{"allowed-capabilities", "{capabilities: [CAP_CHOWN, chown, '', ALL]}", []string{
			`capabilities[0]: Invalid value: "CAP_CHOWN": must be a capability without CAP_, such as NET_RAW`,
			`capabilities[1]: Invalid value: "chown": must be a capability without CAP_, such as NET_RAW`,
			`capabilities[2]: Invalid value: "": must be a capability without CAP_, such as NET_RAW`,
		}},
		{"allowed-users", "{}", []string{
			`users: Required value: must be set, or groups, fsGroups or supplementalGroups`,
		}},
		{"allowed-users", "{users: [{min: -1}], fsGroups: [{min: 2, max: 1}]}", []string{
			`users[0].min: Invalid value: -1: must not be negative`,
			`fsGroups[0].max: Invalid value: 1: must not be below min`,
		}},
		{"runtime-class", "{}", []string{
			`allowed: Required value: must name a runtime class`,
		}},
		{"runtime-class", "{allowed: [gVisor]}", []string{
			`allowed[0]: Invalid value: "gVisor": must be the name of an object`,
		}},
		{"max-containers", "{max: 0}", []string{
			`max: Invalid value: 0: must be 1 or more`,
		}},
		{"image-registry-denied", "{denied: [library]}", []string{
			`denied[0]: Invalid value: "library": must be a registry, a repository or a pattern of images, with its registry; write docker.io/library`,
		}},
		{"image-pull-secrets", "{secrets: ['']}", []string{
			`secrets[0]: Invalid value: "": must be the name of an object`,
		}},
		{"literal-secret-in-env", "{names: []}", []string{
			`names: Required value: must name a word`,
		}},
		{"literal-secret-in-env", "{names: ['*token', _, api-key]}", []string{
			`names[0]: Invalid value: "*token": must be a word of letters and digits, such as api_key or azure_*_key`,
			`names[1]: Invalid value: "_": must be a word of letters and digits, such as api_key or azure_*_key`,
		}},
		{"dns-config", "{ndots: 16}", []string{
			`ndots: Invalid value: 16: must be 0 to 15`,
		}},
		{"node-selection", "{allowed: ['a b', 'pool=a/b', pool]}", []string{
			`allowed[0]: Invalid value: "a b": must be the key of a label, or key=value`,
			`allowed[1]: Invalid value: "pool=a/b": must be the key of a label, or key=value`,
		}},
		{"termination-grace-period", "{min: -1, max: -2}", []string{
			`min: Invalid value: -1: must not be negative`,
			`max: Invalid value: -2: must not be below min`,
		}},
	} {
		t.Run(test.check, func(t *testing.T) {
			assertMistakes(t, test.check, test.params, test.want)
		})
	}
}

func TestVolumeTypesAllowed(t *testing.T) {
	_, err := construct(t, "volume-types", "{allowed: [pvc]}")
	assert.ErrorContains(t, err, `allowed[0]: Unsupported value: "pvc": supported values: "`)
}
