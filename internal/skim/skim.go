package skim

import "bytes"

// MaxDepth bounds how deeply values may lie in each other. The deepest real
// objects, schemas of CustomResourceDefinitions, reach some 50.
const MaxDepth = 256

// What values cost in memory once they are decoded, in bytes: as maps and lists
// of any, or as structs of k8s.io/api, whichever is more. Lists double as they
// grow. TestBuiltCoversWhatDecodingTakes holds them to it.
const (
	perStruct = 640 // an item of a list of structs, which null is too
	perObject = 360 // a map with its first eight members, or a struct that a field points to
	perMember = 96  // a place in a map
	perItem   = 48  // a place in a list
	perValue  = 16  // a string's header, a boxed number
)

// LargeMember is the size in bytes from which a member is left out of Head.
const LargeMember = 16 << 10

// Review is what a look over an AdmissionReview finds.
type Review struct {
	// Whole tells that the text has the form of one JSON value. What else may be
	// wrong with it is the decoder's to find.
	Whole bool
	// TooDeep tells that values lie in each other deeper than MaxDepth. What lies
	// deeper is counted for little.
	TooDeep bool
	// Values are all values in it: objects, lists, strings, numbers, literals.
	Values int
	// Items are the objects in lists, and what may be such: a null.
	Items int
	// Containers are the items of lists of containers, in the object and in its old object.
	Containers int
	// Built estimates the memory that decoding it takes, in bytes.
	Built int

	uid    span
	large  [8]span // members of the review and of the request, from LargeMember on
	larges int
}

type span struct{ start, end int }

// UID is the UID of the request, as far as it was found: also in a text that is not whole.
func (r *Review) UID(body []byte) string { return unquoted(body[r.uid.start:r.uid.end]) }

// Head appends the review without its large members, which are null in it: the
// objects, in every review that is large because of its objects.
func (r *Review) Head(b, body []byte) []byte {
	from := 0
	for _, member := range r.large[:r.larges] {
		b = append(append(b, body[from:member.start]...), "null"...)
		from = member.end
	}
	return append(b, body[from:]...)
}

// Over looks over a review.
func Over(body []byte) Review {
	s := scan{text: body}
	s.run()
	return s.Review
}

// scan is how far a look has come.
type scan struct {
	Review
	text  []byte
	depth int
	// A bit for each depth: what lies there is an object, is a list of containers.
	objects, containers [MaxDepth/64 + 1]uint64
	// isObject and isContainers are the bits of the depth.
	isObject, isContainers bool
	// atName tells that a name comes next.
	atName bool
	// member is the name that the next value has.
	member member
	// inRequest tells that the member of the review is the request.
	inRequest bool
	// start is where the member of the review began or, in the request, its member.
	start int
	ended bool
}

// run reads the text once.
func (s *scan) run() {
	for i := 0; i < len(s.text) && !s.ended; {
		switch c := s.text[i]; c {
		case ' ', '\n', '\t', '\r', ':':
			i++
		case ',':
			s.atName = s.isObject
			i++
		case '"':
			i = s.quoted(i)
		case '{', '[':
			s.open(i, c == '{')
			i++
		case '}', ']':
			i++
			if s.depth == 0 || s.depth <= MaxDepth && s.isObject != (c == '}') {
				return
			}
			s.close(i)
		default:
			i = s.word(i, c)
		}
		if s.ended {
			s.Whole = len(bytes.TrimLeft(s.text[i:], " \n\t\r")) == 0
		}
	}
}

func (s *scan) quoted(i int) (end int) {
	end, escaped := stringEnd(s.text, i)
	if end > len(s.text) {
		return end
	}
	s.Built += (end - i) * 9 / 8 // memory comes in classes of sizes, an eighth apart
	if s.atName {
		s.atName = false
		s.member = s.named(s.text[i:end], escaped)
		return end
	}
	if s.member == uid && s.depth == 2 && s.inRequest {
		s.uid = span{i, end}
	}
	s.count(perValue)
	s.passed(i, end)
	return end
}

func (s *scan) word(i int, first byte) (end int) {
	end = wordEnd(s.text, i)
	if first == 'n' && !s.isObject {
		s.Items++
		s.count(perStruct)
	} else {
		s.count(perValue)
	}
	s.passed(i, end)
	return end
}

func (s *scan) count(weight int) {
	s.Values++
	if s.isContainers {
		s.Containers++
	}
	if s.isObject {
		s.Built += weight + perMember
	} else {
		s.Built += weight + perItem
	}
}

func (s *scan) open(i int, object bool) {
	switch {
	case object && (s.isObject || s.depth == 0):
		s.count(perObject)
	case object:
		s.Items++
		s.count(perStruct)
	default:
		s.count(perValue)
	}
	if s.depth >= MaxDepth {
		s.TooDeep, s.isObject, s.isContainers = true, false, false
		s.depth++
		return
	}
	if s.depth == 1 || s.depth == 2 && s.inRequest {
		s.start = i
	}
	if s.depth == 1 {
		s.inRequest = object && s.member == request
	}
	s.depth++
	s.isObject, s.isContainers, s.atName = object, s.member == containers && !object, object
	s.member = other
	set(&s.objects, s.depth, s.isObject)
	set(&s.containers, s.depth, s.isContainers)
}

func (s *scan) close(end int) {
	s.depth--
	if s.depth > MaxDepth {
		return
	}
	s.isObject, s.isContainers, s.atName = isSet(&s.objects, s.depth), isSet(&s.containers, s.depth), false
	if s.depth == 1 && s.inRequest {
		s.inRequest = false // its members were looked at
		return
	}
	s.passed(s.start, end)
}

// passed keeps where a member of the review or of the request is, if it is large.
func (s *scan) passed(start, end int) {
	s.ended = s.depth == 0
	ofReview, ofRequest := s.depth == 1, s.depth == 2 && s.inRequest
	if end-start >= LargeMember && s.larges < len(s.large) && (ofReview || ofRequest) {
		s.large[s.larges] = span{start, end}
		s.larges++
	}
}

func set(at *[MaxDepth/64 + 1]uint64, depth int, to bool) {
	at[depth/64] &^= 1 << (depth % 64)
	if to {
		at[depth/64] |= 1 << (depth % 64)
	}
}

func isSet(at *[MaxDepth/64 + 1]uint64, depth int) bool { return at[depth/64]&(1<<(depth%64)) != 0 }
