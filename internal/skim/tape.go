package skim

import "taffrail.dev/taffrail/internal/tape"

// Of counts in a review that was read what Over counts in its text. Where its members are and whose
// it is, it does not look for.
func Of(root tape.Value) Review {
	r := Review{Whole: true}
	r.add(root, within{top: true})
	return r
}

// within is what a value is in.
type within struct{ top, object, containers bool }

// add counts a value and what is in it.
func (r *Review) add(v tape.Value, in within) {
	weight := perValue
	kind := v.Kind()
	switch {
	case kind == tape.Object && (in.object || in.top):
		weight = perObject
	case kind == tape.Object || kind == tape.Null && !in.object:
		r.Items++
		weight = perStruct
	case kind == tape.String:
		r.Built += len(v.Raw()) * 9 / 8
	}
	r.Values++
	if in.containers {
		r.Containers++
	}
	if in.object {
		r.Built += weight + perMember
	} else {
		r.Built += weight + perItem
	}
	if kind == tape.Object {
		for name, member := range v.Members() {
			r.Built += (len(name) + len(`""`)) * 9 / 8
			if member.Kind() == tape.Array {
				r.addList(member, isContainers(name))
				continue
			}
			r.add(member, within{object: true})
		}
	} else if kind == tape.Array {
		r.addItems(v, false)
	}
}

// addList counts a list that is a member.
func (r *Review) addList(list tape.Value, ofContainers bool) {
	r.Values++
	r.Built += perValue + perMember
	r.addItems(list, ofContainers)
}

func (r *Review) addItems(list tape.Value, ofContainers bool) {
	for item := range list.Items() {
		r.add(item, within{containers: ofContainers})
	}
}

func isContainers(name []byte) bool {
	switch string(name) {
	case "containers", "initContainers", "ephemeralContainers":
		return true
	default:
		return false
	}
}
