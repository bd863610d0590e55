package validators

import "taffrail.dev/taffrail/internal/sets"

var _ = register(Validator{
	Name:    "missing-persistent-volume-claim",
	Summary: "PersistentVolumeClaims that are used and are not among the inputs",
	Doc: `
A Pod whose claim is not there is not scheduled.

    volumes:
    - name: data
      persistentVolumeClaim: {claimName: web-data}

What a StatefulSet makes of its volumeClaimTemplates (data-web-0) and what a
DataVolume makes counts as being there. A claim that comes from elsewhere is
not seen: the check is for inputs that are all there is.
`,
	Severity: Medium,
	OverSet: &OverSet{
		Kinds: workloadKinds,
		Needs: sets.Workloads | sets.References | sets.Claims,
		New:   withoutSetParameters(mustBeThere(sets.Claim, never)),
	},
})
