// Package refs finds what people name: jobs, tokens and invitations by their ids or the ends of them, which differ even among
// those made in one moment, and users by their names.
package refs

import (
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
)

// Shown is the number of characters of an id that people see.
const Shown = 8

// Short is the end of an id that is shown to people.
func Short(id string) string { return id[max(len(id)-Shown, 0):] }

var shape = regexp.MustCompile(`^[0-9a-f-]{4,35}$`)

// ParseID reads what somebody wrote for an id: a whole one, or the end of one. kind is the word for such a thing.
func ParseID(kind, ref string) (id string, whole bool, err error) {
	id = strings.ToLower(strings.TrimSpace(ref))
	if parsed, err := uuid.Parse(id); err == nil {
		return parsed.String(), true, nil
	}
	if !shape.MatchString(id) {
		return "", false, exitcode.Usagef("%q is not a %s id: give at least the last four characters of one", ref, kind)
	}
	return id, false, nil
}

// PickID finds the one id that ends with end.
func PickID(kind, end string, ids []string) (string, error) {
	found := map[string]bool{}
	var last string
	for _, id := range ids {
		if strings.HasSuffix(id, end) {
			found[id], last = true, id
		}
	}
	switch len(found) {
	case 0:
		return "", exitcode.Errorf(exitcode.NotFound, "there is no %s %s", kind, end)
	case 1:
		return last, nil
	}
	return "", exitcode.Usagef("more than one %s ends with %s: give more of the id", kind, end)
}
