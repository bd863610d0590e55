package properties

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// apiServer is the validation of an API server: e2e/controlplane/validate, a
// process of its own, as its module has Kubernetes in it, which ours has not.
type apiServer struct {
	pods    io.Writer
	answers *bufio.Reader
}

// created is what an API server answers to the creation of a Pod.
type created struct {
	// Pod has the API server's defaults, as a webhook is sent it.
	Pod    json.RawMessage
	Errors []string
}

// startAPIServer builds the program where Go has not cached it, which takes
// minutes the first time, and ends it with the test.
func startAPIServer(tb testing.TB) *apiServer {
	tb.Helper()
	server := exec.Command("go", "run", "./validate")
	server.Dir = "../../e2e/controlplane"
	// Those of build.sh: what the API server is built of is built once for both.
	// The caller's flags belong to the caller's module.
	server.Env = append(os.Environ(), "GOFLAGS=-trimpath", "GOWORK=off", "CGO_ENABLED=0")
	server.Stderr = os.Stderr
	pods, err := server.StdinPipe()
	require.NoError(tb, err)
	answers, err := server.StdoutPipe()
	require.NoError(tb, err)
	require.NoError(tb, server.Start())
	tb.Cleanup(func() {
		require.NoError(tb, pods.Close()) // it ends with its input
		require.NoError(tb, server.Wait())
	})
	return &apiServer{pods: pods, answers: bufio.NewReaderSize(answers, 1<<20)}
}

// create asks what becomes of a Pod, a document of one line.
func (s *apiServer) create(tb testing.TB, pod []byte) (answer created) {
	tb.Helper()
	_, err := s.pods.Write(append(slices.Clip(pod), '\n'))
	require.NoError(tb, err)
	line, err := s.answers.ReadBytes('\n')
	require.NoError(tb, err)
	require.NoError(tb, json.Unmarshal(line, &answer))
	return answer
}
