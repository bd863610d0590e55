package validators

import "slices"

// What a finding depends on and does not tell: another value under the same words is
// another finding. What a check does not depend on at all needs no row.
var heldAndNotTold = []exception{
	{
		check: `control-plane-tolerations`, change: `remove|alter`, place: `tolerations\[\]\.(effect|operator|value)`,
		reason: "what a toleration does not name is tolerated whatever it is",
	},
	{
		check: `denied-(annotations|labels)`, change: `alter`, place: `(annotations|labels)\..*`,
		reason: "the value of what must not be there says what it does",
	},
	{
		check: `ingress-default-backend`, change: `alter|remove`, place: `defaultBackend.*`,
		reason: "another backend is another one that gets all the rest",
	},
	{
		check: `ingress-(hosts|tls)`, change: `alter`, place: `paths\[\]\.(path|pathType)`,
		reason: "another path is more of what the host serves",
	},
	{
		check: `literal-secret-in-env`, change: `alter`, place: `env\[\]\.value`,
		reason: "another credential is one more that all can read",
	},
	{
		check: `sensitive-config-map`, change: `alter`, place: `data\..*`,
		reason: "another credential is one more that all can read",
	},
	{
		check: `secret-in-env`, change: `alter`, place: `secret(Key)?Ref\.(name|key)`,
		reason: "another Secret is another one that gets into the environment",
	},
	{
		check: `persistent-volume-host-path|pod-security|volume-types`, change: `alter`, place: `hostPath\.path|nfs\.(path|server)`,
		reason: "another path of the node, or of a server, is not less than the one before",
	},
	{
		check: `allowed-host-ports`, change: `remove|alter`, place: `ports\[\]\.(hostIP|protocol)`,
		reason: "another protocol is another port of the node, and without an address it is one of all",
	},
	{
		check: `volume-types`, change: `remove|alter`, place: `flexVolume\.(driver|options.*)`,
		reason: "another driver, or another volume of it, is another one",
	},
	{
		check: `allowed-host-ports|pod-security`, change: `raise|lower`, place: `(host|container)Port`,
		reason: "a port is no amount: another port of the node is another one",
	},
	{
		check: `pod-security`, change: `remove|alter`, place: `capabilities(\.drop(\[\])?)?`,
		reason: "where ALL is not dropped, what is must stay so",
	},
	{
		check: `network-policy-allow-all`, change: `alter`, place: `podSelector\..*`,
		reason: "other Pods are opened to everybody",
	},
	{
		check: `network-policy-allow-all`, change: `raise|alter`, place: `(ports\[\]\.endPort|except\[\])`,
		reason: "a rule that lets in everything lets in no more than several did together",
	},
	{
		check: `rbac-(approve-csr|escalation-verbs|write-webhooks)`, change: `alter|remove`, place: `resourceNames(\[\])?`,
		reason: "another name is another object, and none at all is any",
	},
	{
		check: `scc-privileged`, change: `alter`, place: `users\[\]`,
		reason: "another user is one more who may run privileged containers",
	},
	{
		check: `rbac-wildcards`, change: `alter`, place: `(apiGroups|resources|verbs)\[\]`,
		reason: "a star in one field goes as far as what the others name",
	},
}

// What is worse although something is taken away, or is less.
var worseByLess = []exception{
	{
		check: `empty-dir-size-limit|ephemeral-storage-limit|job-(deadline|ttl)|memory-request-equals-limit`, change: `remove`,
		place: `emptyDir|sizeLimit|resources|limits|memory|ephemeral-storage|Seconds\w*`, reason: "without a limit there is none",
	},
	{check: `memory-request-equals-limit`, change: `lower`, place: `limits\.memory`, reason: "a limit of zero is none"},
	{check: `memory-request-equals-limit`, change: `raise`, place: `requests\.memory`, reason: "above the limit it is farther from it, and without one equally far from none"},
	{
		check: `memory-request-equals-limit`, change: `remove|reverse`, place: `initContainers.*`,
		reason: "what the Pod requests is computed from its containers, and from the order in which they start",
	},
	{check: `cpu-limits-forbidden`, change: `lower`, place: `limits\.cpu`, reason: "the lower the limit, the more it throttles"},
	{check: `dns-config`, change: `remove`, place: `dnsConfig.*`, reason: "an option without a value is no number at all, and without an option it is 5"},
	{check: `allowed-users`, change: `lower|raise`, place: `runAsUser`, reason: "0 is root; of other users, none is better than another"},
	{check: `hpa-bounds`, change: `lower|remove`, place: `minReplicas`, reason: "too few is another fault than a range of one, and none at all is 1"},
	{check: `min-replicas`, change: `lower|remove`, place: `replicas`, reason: "too few is another fault than too many, and none at all is 1"},
	{
		check: `namespace-pod-security-labels`, change: `remove`, place: `labels(\.pod-security.*)?`,
		reason: "without the label, the cluster's default holds, which is laxer than baseline",
	},
	{
		check: `network-policy-allow-all|pdb-blocks-drain|service-(external-ips|load-balancer|node-port)`, change: `remove`, place: `[sS]elector.*`,
		reason: "a label less in a selector is more Pods",
	},
	{check: `network-policy-allow-all`, change: `remove`, place: `(from|to)(\[\])?`, reason: "without peers it is everybody, on both families of addresses"},
	{check: `ingress-(hosts|nginx-snippets|tls)`, change: `remove`, place: `rules\[\]\.host`, reason: "a rule without a host is one for every host"},
	{check: `ingress-tls`, change: `remove`, place: `rules(\[\])?`, reason: "without rules, all goes to the default backend, which has no TLS either"},
	{check: `resource-bounds`, change: `remove`, place: `requests(\.cpu)?`, reason: "without a request, the limit is one"},
	{check: `resource-bounds`, change: `raise|lower`, place: `limits\.cpu`, reason: "a limit of zero is none, which no bound of limits is about"},
	{check: `qos-class`, change: `remove`, place: `containers.*|resources.*`, reason: "what requests less is of a lower class"},
	{check: `resource-requests`, change: `remove`, place: `requests`, reason: "one resource is mended, and another one has no request any longer"},
	{
		check: `rolling-update`, change: `remove|lower|raise`, place: `replicas`,
		reason: "how much is unavailable goes by the replicas: 1 of 2 is more than 1 of 4, and 50% of 8 are more than 50% of 4",
	},
	{check: `rolling-update`, change: `remove`, place: `strategy(\.type)?`, reason: "what is rolled out then has a fault of its own"},
	{
		check: `pod-security|allowed-users`, change: `remove`, place: `securityContext(\.(runAsUser|seLinuxOptions))?`,
		reason: "without its own, a container takes what the Pod has, which is one more",
	},
}

// What is no worse although more is said, or passes although it is.
var noWorse = []exception{
	{check: `endpoints-edit|rbac-.*`, change: `have twice`, place: `rules(\[\]\.\w+)?`, reason: "what is granted twice is granted once"},
	{check: `endpoints-edit|rbac-.*`, change: `alter`, place: `(verbs|resources|apiGroups)\[\]`, reason: "less is granted, and what is left is told"},
	{
		check: `host-path-allowed|runtime-socket-mount|sensitive-host-mounts`, change: `alter`, place: `hostPath\.path`,
		reason: "the other path lies in the one before, or that was any path by way of /proc",
	},
	{
		check: `allowed-(app-armor|seccomp)-profiles`, change: `remove`, place: `(localhostProfile|seccompProfile\.type)`,
		reason: "a profile without its type or name is refused by the API server",
	},
	{check: `image-pull-policy`, change: `alter`, place: `imagePullPolicy`, reason: "a policy that is none is refused by the API server"},
	{check: `limit-request-ratio`, change: `raise`, place: `limits\.memory`, reason: "of a request of zero, every limit is infinitely many times as much"},
	{check: `namespace-pod-security-labels`, change: `alter`, place: `enforce`, reason: "a level that is none is enforced as restricted"},
	{check: `pdb-blocks-drain`, change: `raise`, place: `minAvailable`, reason: "above 100%, no more nodes cannot be drained than at 100%"},
	{
		check: `required-drop-capabilities`, change: `remove|alter|have twice`, place: `capabilities\.(add|drop)(\[\])?`,
		reason: "what is added is had, dropped or not, and however often",
	},
	{check: `selector-mismatch`, change: `alter`, place: `labels\.\w+`, reason: "all labels are told; what the selector asks for and does not get is compared"},
	{check: `selector-mismatch`, change: `alter`, place: `selector\.\w+`, reason: "another label is asked for in vain; the API server refuses it of most kinds"},
}

// What reaches farther by being one of a number.
var oneMore = []exception{
	{check: `max-containers`, change: `put .*|have twice`, place: `[cC]ontainers`, reason: "they are counted"},
	{check: `allowed-users|pod-security`, change: `put .*|have twice`, place: `[cC]ontainers`, reason: "one more container that takes what the Pod has is one more as root"},
	{check: `invalid-target-ports|probe-port|privileged-ports|service-port-range`, change: `raise|lower`, place: `[pP]ort`, reason: "a port is no amount: another port is another finding"},
}

var exceptions = slices.Concat(heldAndNotTold, worseByLess, noWorse, oneMore)
