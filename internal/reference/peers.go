package reference

import (
	"taffrail.dev/taffrail/internal/params"
)

// peers are the sources that are other tools.
var peers = []params.Source{
	params.Kyverno, params.Gatekeeper, params.Polaris, params.KubeLinter, params.KRail,
}
