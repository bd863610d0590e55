package main

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"taffrail.dev/taffrail/internal/config"
)

func TestEveryKeyOfTheConfigurationIsAFlag(t *testing.T) {
	flags := checkCommand(streams{}).Flags()
	for _, key := range config.Keys() {
		if key == "inputs" {
			continue // are arguments
		}
		assert.NotNil(t, flags.Lookup(config.Flag(key)), "--%s of the key %s", config.Flag(key), key)
	}
}
