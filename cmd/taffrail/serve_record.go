package main

import (
	"fmt"

	"github.com/go-logr/logr"
	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/api/resource"

	"taffrail.dev/taffrail/internal/record"
)

// recordOptions say whether and how reviews are recorded.
type recordOptions struct {
	dir         string
	maxBytes    string
	rate        int
	annotations []string

	most int64 // is maxBytes
}

func (o *recordOptions) addFlags(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&o.dir, "record", "", "a directory to record AdmissionReviews in, without their secrets, for taffrail admit to read; left out, none are")
	flags.StringVar(&o.maxBytes, "record-max-bytes", "100Mi", "with --record, how much all files may take together; the oldest make room for the newest")
	flags.IntVar(&o.rate, "record-rate", 20, "with --record, how many reviews a second are recorded of each webhook")
	flags.StringSliceVar(&o.annotations, "record-redact-annotations", nil, "with --record, annotations whose values are taken out, besides kubectl.kubernetes.io/last-applied-configuration and the like")
}

func (o *recordOptions) check(cmd *cobra.Command) error {
	if o.dir == "" {
		for _, flag := range []string{"record-max-bytes", "record-rate", "record-redact-annotations"} {
			if cmd.Flags().Changed(flag) {
				return fmt.Errorf("--%s goes with --record DIR", flag)
			}
		}
		return nil
	}
	most, err := resource.ParseQuantity(o.maxBytes)
	if err != nil || most.Value() < record.MinBytes {
		return fmt.Errorf("--record-max-bytes %q: must be a quantity of at least %dMi, such as 100Mi", o.maxBytes, record.MinBytes>>20)
	}
	if o.rate < 1 {
		return fmt.Errorf("--record-rate %d: must be at least 1", o.rate)
	}
	o.most = most.Value()
	return nil
}

// open begins to record; nil says that nothing is recorded.
func (o *recordOptions) open(log logr.Logger) (*record.Recorder, error) {
	if o.dir == "" {
		return nil, nil
	}
	recorder, err := record.Open(record.Options{Dir: o.dir, MaxBytes: o.most, Rate: o.rate, Annotations: o.annotations, Log: log})
	if err != nil {
		return nil, usage(fmt.Errorf("--record %s: %w", o.dir, err))
	}
	log.Info("recording reviews without their secrets", "directory", o.dir, "maxBytes", o.maxBytes, "perSecond", o.rate)
	return recorder, nil
}
