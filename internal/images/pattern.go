package images

import (
	"errors"
	"strings"
)

// Pattern is what images are compared with: an image as it may be pulled, with a
// * for the rest of the path, or for a part of the tag. It is always of one
// registry. The zero Pattern matches nothing.
type Pattern struct {
	registry string
	path     string
	open     bool // * stands for the rest of the path
	below    bool // what lies below the path matches, by whole components

	versioned    bool   // there is a tag or a digest
	tag          string // what is before the *, if there is one
	tagOpen      bool
	tagRemainder string // what is after it
	digest       string
}

const patternDetail = "must be an image, with * for the rest of the path or within the tag"

// ParsePattern reads a pattern. The error says what must be, and how what was
// meant is written where that can be told.
func ParsePattern(text string) (Pattern, error) {
	p, err := parsePattern(text)
	if err == nil {
		return p, nil
	}
	candidate := cleaned(text)
	below := strings.HasSuffix(text, "/") // all that is there
	if strings.HasSuffix(candidate, "/") {
		candidate += "*"
	}
	if host, _, _ := strings.Cut(candidate, "/"); (isHost(host) || below) && candidate != text {
		if _, failed := parsePattern(candidate); failed == nil {
			return Pattern{}, errors.New(withSpelling(err.Error(), candidate))
		}
	}
	return Pattern{}, err
}

// ParseSource reads an entry of a list of what images may be from: a registry, a
// repository with all that lies below it, or a pattern. It names its registry.
func ParseSource(text string) (Pattern, error) {
	if r, ok := parseRepository(text); ok {
		return Pattern{registry: r.registry, path: r.path, below: true}, nil
	}
	const detail = "must be a registry, a repository or a pattern of images, with its registry"
	if first, _, _ := strings.Cut(text, "/"); strings.ContainsAny(text, "*:@") && isHost(first) && strings.Contains(text, "/") {
		if p, err := ParsePattern(text); err == nil || strings.Contains(err.Error(), spelling) {
			return p, err
		}
	}
	for _, candidate := range []string{cleaned(text), strings.TrimRight(cleaned(text), "/"), dockerHub + "/" + text} {
		if _, ok := parseRepository(candidate); ok {
			return Pattern{}, errors.New(withSpelling(detail, candidate))
		}
		if p, err := parsePattern(candidate); err == nil && p.registry != dockerHub {
			return Pattern{}, errors.New(withSpelling(detail, candidate))
		}
	}
	return Pattern{}, errors.New(detail + ", such as registry.example.com")
}

func parsePattern(text string) (Pattern, error) {
	name, digest, _ := strings.Cut(text, "@")
	var tag string
	tagged := false
	if colon := strings.LastIndexByte(name, ':'); colon > strings.LastIndexByte(name, '/') {
		name, tag, tagged = name[:colon], name[colon+1:], true
	}
	host, path, found := strings.Cut(name, "/")
	switch {
	case !found && (strings.Contains(host, ".") || strings.TrimRight(host, "*") == localhost):
		return Pattern{}, errors.New("must name an image: this is a registry, or the beginning of one")
	case strings.Contains(host, "*") && (found || strings.HasPrefix(host, "*")):
		return Pattern{}, errors.New("must name its registry whole: * stands for the rest of the path, or is within the tag")
	case !found || !isHost(host):
		host, path = "", name
	}
	return assemble(text, host, path, tag, tagged, digest)
}

// assemble makes a pattern of its parts. An image that it would match tells
// whether they are as they must be, and what their canonical form is.
func assemble(text, host, path, tag string, tagged bool, digest string) (Pattern, error) {
	p := Pattern{versioned: tagged || digest != ""}
	path, p.open = strings.CutSuffix(path, "*")
	p.tag, p.tagRemainder, p.tagOpen = strings.Cut(tag, "*")
	if strings.Contains(path+p.tagRemainder+digest, "*") {
		return Pattern{}, errors.New(patternDetail + "; elsewhere there is none")
	}
	const rest = "x" // what a * could stand for
	example := path
	if p.open {
		example += rest
		if path != "" && !strings.Contains(path, "/") && isDockerHub(host) {
			return Pattern{}, errors.New("must say which images of docker.io; write " + ofDockerHub(path, text))
		}
	}
	if host != "" {
		example = host + "/" + example
	}
	if tagged {
		example += ":" + strings.ReplaceAll(tag, "*", rest)
	}
	if strings.Contains(text, "@") {
		example += "@" + digest
	}
	i := read(example)
	if !i.Valid {
		return Pattern{}, errors.New(patternDetail)
	}
	p.registry, p.path, p.digest = i.Registry, i.Repository, i.Digest
	if p.open {
		p.path = strings.TrimSuffix(p.path, rest)
		if path == "" { // all of docker.io, not of docker.io/library
			p.path = ""
		}
	}
	return p, nil
}

// isDockerHub tells whether a host is docker.io by any name.
func isDockerHub(host string) bool {
	canonical, ok := canonicalHost(host)
	return ok && canonical == dockerHub
}

// ofDockerHub are the two that docker.io/istio* could be meant as.
func ofDockerHub(path, text string) string {
	version := text[strings.IndexByte(text, '*')+1:]
	return dockerHub + "/" + path + "/*" + version + ", or " + dockerHub + "/" + official + path + "*" + version
}

// Matches tells whether an image is one of them. What has no canonical form is none of any.
func (p *Pattern) Matches(i *Image) bool {
	return i.Valid && p.registry == i.Registry && p.matchesPath(i.Repository) && p.matchesVersion(i)
}

func (p *Pattern) matchesPath(repository string) bool {
	switch {
	case p.open:
		return strings.HasPrefix(repository, p.path)
	case p.below:
		here := Repository{p.registry, p.path}
		if here.Holds(&Image{Registry: p.registry, Repository: repository, Valid: true}) {
			return true
		}
		name, isOfficial := strings.CutPrefix(repository, official) // docker.io/nginx is an image, too
		return isOfficial && p.registry == dockerHub && name == p.path
	default:
		return repository == p.path
	}
}

// matchesVersion compares what is pulled. A digest decides: a tag beside it is
// anybody's to write, and no tag is one called latest.
func (p *Pattern) matchesVersion(i *Image) bool {
	switch {
	case !p.versioned:
		return p.open || p.below || i.Digest == "" && i.named() == "latest"
	case p.digest != "":
		return i.Digest == p.digest
	case p.tagOpen && p.tag == "" && p.tagRemainder == "":
		return true
	case i.Digest != "":
		return false
	case p.tagOpen:
		rest, found := strings.CutPrefix(i.named(), p.tag)
		return found && strings.HasSuffix(rest, p.tagRemainder)
	default:
		return i.named() == p.tag
	}
}

const spelling = "; write "

// longestSpelling keeps a message short enough to be read.
const longestSpelling = 60

func withSpelling(detail, text string) string {
	if len(text) > longestSpelling {
		return detail
	}
	return detail + spelling + text
}

// cleaned is what a pattern that is none may have been meant as: without a scheme, without the dot
// of the root behind the host, in lower case, and with the * after a slash.
func cleaned(text string) string {
	text = strings.TrimSpace(text)
	if _, rest, found := strings.Cut(text, "://"); found {
		text = rest
	}
	host, path, found := strings.Cut(text, "/")
	host = strings.ToLower(strings.TrimRight(host, "*."))
	if !found || path == "" {
		return host + "/*"
	}
	return host + "/" + strings.ToLower(path)
}
