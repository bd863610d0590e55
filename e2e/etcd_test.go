//go:build e2e && !kind

package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// content is what etcd holds for an API server: values by key.
type content map[string][]byte

// own says whether the API server keeps a key for itself, and would miss it.
func own(key string) bool {
	return strings.HasPrefix(key, "/registry/leases/kube-system/apiserver-") || strings.HasPrefix(key, "/registry/masterleases/")
}

// read is everything.
func (c *controlPlane) read() (content, error) {
	var answer struct {
		Kvs []struct{ Key, Value []byte }
	}
	if err := c.etcd("range", map[string]any{"key": []byte("/registry/"), "range_end": []byte("/registry0")}, &answer); err != nil {
		return nil, err
	}
	all := content{}
	for _, kv := range answer.Kvs {
		all[string(kv.Key)] = kv.Value
	}
	return all, nil
}

// restore makes everything as it was before, behind the API server's back: neither a webhook, nor a
// finalizer, nor a Namespace that is being deleted holds it up. It returns when the API server has
// seen it.
func (c *controlPlane) restore(before content) error {
	now, err := c.read()
	if err != nil {
		return err
	}
	for _, r := range added(before, now) {
		if err := c.etcd("deleterange", map[string]any{"key": []byte(r.first), "range_end": []byte(r.last + "\x00")}, nil); err != nil {
			return err
		}
	}
	for key, value := range before {
		if !own(key) && !bytes.Equal(now[key], value) {
			if err := c.etcd("put", map[string]any{"key": []byte(key), "value": value}, nil); err != nil {
				return err
			}
		}
	}
	return c.settle(before)
}

type keyRange struct{ first, last string }

// added are the keys that were not there before, as ranges with no other key between: one test
// makes thousands.
func added(before, now content) (ranges []keyRange) {
	open := false
	for _, key := range slices.Sorted(maps.Keys(now)) {
		if _, was := before[key]; was || own(key) {
			open = false
			continue
		}
		if !open {
			ranges = append(ranges, keyRange{first: key})
			open = true
		}
		ranges[len(ranges)-1].last = key
	}
	return ranges
}

func (c content) defines(group string) bool {
	for key := range c {
		if strings.HasPrefix(key, "/registry/apiextensions.k8s.io/customresourcedefinitions/") && strings.HasSuffix(key, "."+group) {
			return true
		}
	}
	return false
}

// settle waits until the API server has seen that it is so.
func (c *controlPlane) settle(before content) error {
	clients, err := kubernetes.NewForConfig(c.config)
	if err != nil {
		return err
	}
	var last error
	err = wait.PollUntilContextTimeout(context.Background(), interval/4, 3*soon, true, func(ctx context.Context) (bool, error) {
		last = settled(ctx, clients, before)
		return last == nil, nil
	})
	return errors.Join(err, last)
}

// settled is nil where the API server asks nobody about a Pod, and serves no definition that is
// gone.
func settled(ctx context.Context, clients kubernetes.Interface, before content) error {
	dryRun := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	if _, err := clients.CoreV1().Pods(metav1.NamespaceDefault).Create(ctx, admitted(false), dryRun); err != nil {
		return err
	}
	groups, err := clients.Discovery().ServerGroups()
	if err != nil {
		return err
	}
	for _, group := range groups.Groups {
		builtIn := !strings.Contains(group.Name, ".") || strings.HasSuffix(group.Name, ".k8s.io")
		if !builtIn && !before.defines(group.Name) {
			return fmt.Errorf("the API server still serves %s", group.Name)
		}
	}
	return nil
}

// etcd calls its API, in JSON.
func (c *controlPlane) etcd(method string, request, answer any) error {
	body, err := json.Marshal(request)
	if err != nil {
		return err
	}
	url := c.env.ControlPlane.Etcd.URL.JoinPath("v3", "kv", method)
	client := http.Client{Timeout: 30 * time.Second}
	response, err := client.Post(url.String(), "application/json", bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("ask etcd: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("ask etcd: %s: %s", method, response.Status)
	}
	if answer == nil {
		return nil
	}
	return json.NewDecoder(response.Body).Decode(answer)
}
