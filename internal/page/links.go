package page

import (
	"cmp"
	"net/url"
	"strings"
)

// links are where the views are. They are relative, so that the page may stand below any path.
type links struct {
	// root leads from a view to the top.
	root string
	// file says that all views are in one document, and links lead to its anchors.
	file bool
}

// linksAt are the links of the view at a path.
func linksAt(path string) links {
	return links{root: strings.Repeat("../", strings.Count(strings.TrimPrefix(path, "/"), "/"))}
}

func (l links) asset(name string) string { return l.root + name }

func (l links) view(name string) string {
	if l.file {
		return "#" + cmp.Or(name, "overview")
	}
	if l.root+name == "" {
		return "./"
	}
	return l.root + name
}

// findings leads to those of a filter. In a document, that is the nearest thing that has an anchor.
func (l links) findings(f filter) string {
	if l.file {
		switch {
		case f.rule != "" && f.namespace == "":
			return l.rule(ruleKey{f.guardrail, f.rule})
		case f.namespace != "":
			return l.anchor("namespace", f.namespace)
		}
		return "#findings"
	}
	return join(l.root+"findings", f.query())
}

func (l links) namespace(name string) string { return l.to("namespace", namespaceName(name)) }

func (l links) rule(key ruleKey) string { return l.to("rule", key.guardrail, key.name) }

func (l links) workload(key ownerKey) string { return l.to("workload", key.segments()...) }

func (l links) guardrail(name string) string {
	if l.file {
		return l.anchor("guardrail", name)
	}
	return l.root + "guardrails" + l.anchor("guardrail", name)
}

// segments are a workload in a path: its namespace, its kind as kubectl writes it, and its name.
func (k ownerKey) segments() []string {
	kind := k.kind
	if k.group != "" {
		kind += "." + k.group
	}
	return []string{namespaceName(k.namespace), kind, k.name}
}

// ownerNamed is what segments of a path name.
func ownerNamed(namespace, kind, name string) ownerKey {
	if namespace == clusterScoped {
		namespace = ""
	}
	kind, group, _ := strings.Cut(kind, ".")
	return ownerKey{namespace, kind, group, name}
}

func (l links) to(what string, segments ...string) string {
	if l.file {
		return l.anchor(what, segments...)
	}
	escaped := []string{what + "s"}
	for _, segment := range segments {
		escaped = append(escaped, url.PathEscape(segment))
	}
	return l.root + strings.Join(escaped, "/")
}

// anchor leads to where an id is.
func (l links) anchor(what string, segments ...string) string {
	return (&url.URL{Fragment: id(what, segments...)}).String()
}

// id names a place in a document.
func id(what string, segments ...string) string { return what + ":" + strings.Join(segments, "/") }

func join(path, query string) string {
	if query == "" {
		return path
	}
	return path + "?" + query
}
