package sets

// Needs are the facts that a check asks for. What no check asks for is not kept.
type Needs uint32

// The facts that there are.
const (
	// Workloads are Pods, and all objects with a template of one.
	Workloads Needs = 1 << iota
	// Ports are those of the containers in Workloads.
	Ports
	// References are those from Workloads, Ingresses and ServiceAccounts to ConfigMaps, Secrets and
	// PersistentVolumeClaims.
	References
	// Written tells which Workloads say how many replicas they have.
	Written
	Services
	Ingresses
	Autoscalers
	Budgets
	Policies
	Monitors
	Roles
	Bindings
	ServiceAccounts
	ConfigMaps
	Secrets
	Claims
	Namespaces
	Quotas
	LimitRanges

	// All are all of them.
	All Needs = 1<<iota - 1
)

// Has tells whether some facts are asked for.
func (n Needs) Has(some Needs) bool { return n&some != 0 }
