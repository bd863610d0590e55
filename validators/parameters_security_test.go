package validators

import "testing"

// TestMistakesInSecurity: the same as TestMistakes, for what Pods may have of their node.
func TestMistakesInSecurity(t *testing.T) {
	for _, test := range []struct {
		check, params string
		want          []string
	}{
		{"allowed-host-namespaces", "{allowed: [network]}", []string{
			`allowed[0]: Unsupported value: "network": supported values: "hostNetwork", "hostPID", "hostIPC"`,
		}},
		{"allowed-host-ports", "{ranges: [{}, {min: 9100, max: 9000}, {min: 1, max: 65536}]}", []string{
			`ranges[0].min: Invalid value: 0: must be a port`,
			`ranges[0].max: Invalid value: 0: must be a port that is not below min`,
			`ranges[1].max: Invalid value: 9000: must be a port that is not below min`,
			`ranges[2].max: Invalid value: 65536: must be a port that is not below min`,
		}},
		{"allowed-sysctls", "{allowed: ['', 'net/core'], forbidden: ['*.forwarding']}", []string{
			`allowed[0]: Invalid value: "": must be a sysctl with dots, such as net.core.somaxconn, or net.*`,
			`allowed[1]: Invalid value: "net/core": must be a sysctl with dots, such as net.core.somaxconn, or net.*`,
			`forbidden[0]: Invalid value: "*.forwarding": must be a sysctl with dots, such as net.core.somaxconn, or net.*`,
		}},
		{"allowed-seccomp-profiles", "{allowed: []}", []string{`allowed: Required value: must name a profile`}},
		{"allowed-seccomp-profiles", "{allowed: [runtime/default, Localhost/, Localhost/*/x]}", []string{
			`allowed[0]: Invalid value: "runtime/default": must be RuntimeDefault, Unconfined, Localhost/ and the name of a profile, or Localhost/*`,
			`allowed[1]: Invalid value: "Localhost/": must be RuntimeDefault, Unconfined, Localhost/ and the name of a profile, or Localhost/*`,
			`allowed[2]: Invalid value: "Localhost/*/x": must be RuntimeDefault, Unconfined, Localhost/ and the name of a profile, or Localhost/*`,
		}},
		{"allowed-app-armor-profiles", "{allowed: [localhost/web]}", []string{
			`allowed[0]: Invalid value: "localhost/web": must be RuntimeDefault, Unconfined, Localhost/ and the name of a profile, or Localhost/*`,
		}},
		{"allowed-selinux-options", "{allowed: [{}]}", []string{
			`allowed[0]: Required value: must have a user, a role, a type or a level`,
		}},
		{"allowed-users", "{users: [{min: 1}], rules: {users: MustRunAsNonRoot, groups: RunAsAny}}", []string{
			`rules.users: Invalid value: "MustRunAsNonRoot": must be MustRunAs or MayRunAs where users has ranges`,
			`rules.groups: Unsupported value: "RunAsAny": supported values: "MustRunAs", "MayRunAs"`,
		}},
		{"pdb-unhealthy-eviction-policy", "{allowed: []}", []string{`allowed: Required value: must name a policy`}},
		{"pdb-unhealthy-eviction-policy", "{allowed: [Always]}", []string{
			`allowed[0]: Unsupported value: "Always": supported values: "AlwaysAllow", "IfHealthyBudget"`,
		}},
		{"resource-bounds", "{requests: {max: {mem: 1Gi}}, limits: {min: {cpu: lots}}}", []string{
			`requests.max: Invalid value: "mem": must be cpu, memory, ephemeral-storage or a resource such as example.com/gpu`,
			`limits.min[cpu]: Invalid value: "lots": must be a quantity, such as 100m or 128Mi`,
		}},
		{"min-replicas", "{min: 3, max: 5, ranges: [{min: -1}, {min: 5, max: 3}]}", []string{
			`min: Forbidden: must not be set beside ranges`,
			`max: Forbidden: must not be set beside ranges`,
			`ranges[0].min: Invalid value: -1: must be 0 or more`,
			`ranges[1].max: Invalid value: 3: must not be below min`,
		}},
		{"persistent-volume-host-path", "{paths: [data]}", []string{
			`paths[0]: Invalid value: "data": must be an absolute path without ..`,
		}},
		{"immutable-labels", "{}", []string{`keys: Required value: must name a key`}},
		{"immutable-labels", "{mutable: ['a b']}", []string{
			`mutable[0]: Invalid value: "a b": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
		}},
		{"volume-types", "{allowed: [configMap], flexVolumeDrivers: [example.com/lvm]}", []string{
			`flexVolumeDrivers: Invalid value: must not be set unless allowed has flexVolume`,
		}},
		{"startup-probe", "{types: [http]}", []string{
			`types[0]: Unsupported value: "http": supported values: "httpGet", "tcpSocket", "grpc", "exec"`,
		}},
		{"image-pull-secrets", "{registries: [{images: [], secrets: ['']}]}", []string{
			`registries[0].images: Required value: must name a registry or a repository`,
			`registries[0].secrets[0]: Invalid value: "": must be the name of an object`,
		}},
	} {
		t.Run(test.check, func(t *testing.T) {
			assertMistakes(t, test.check, test.params, test.want)
		})
	}
}
