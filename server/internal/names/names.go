// Package names says which names users may have, and which names are the same to the eye. Conflicts, pauses and presence
// show nothing but a name: nobody must be able to pass for somebody else.
package names

import (
	"strings"
	"unicode"

	"go.mau.fi/util/confusable"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Skeleton is the same for names that look alike: after Unicode's tables of confusable characters (UTS 39), without regard to
// case and to how characters are put together. It is for comparing, not for showing.
func Skeleton(name string) string {
	for range maxRounds {
		next := strip(name)
		if next == name {
			break
		}
		name = next
	}
	return name
}

// maxRounds bounds the number of times that a name is stripped. What one step makes of a character the next may know another
// likeness of; a few steps settle that.
const maxRounds = 8

func strip(name string) string {
	name = confusable.Skeleton(norm.NFKC.String(name))
	name = cases.Fold().String(name)
	// I, l and 1 are alike; folded, I is i.
	name = strings.ReplaceAll(name, "i", "l")
	return strings.Join(strings.Fields(name), " ")
}

// plain is a skeleton without what may stand between letters and digits, or on them.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, Skeleton(name))
}

// What the service itself calls users.
var (
	administrator = plain("administrator")
	deletedUser   = plain("deleted user")
	user          = plain("user")
	digits        = plain("0123456789")
)

// Reserved says why somebody may not take a name that the service gives; empty: they may.
func Reserved(name string, isAdministrator bool) string {
	bare := plain(name)
	number, isUser := strings.CutPrefix(bare, user)
	switch {
	case strings.HasPrefix(bare, administrator) && !isAdministrator:
		return "looks like an administrator's"
	case strings.HasPrefix(bare, deletedUser):
		return "looks like that of a deleted user"
	case isUser && number != "" && strings.Trim(number, digits) == "":
		return `looks like "User-7", a name that the service gives`
	}
	return ""
}

// maxMarks is the number of marks that a letter may carry. No language's letters carry more; stacks of them spill over other lines.
const maxMarks = 2

// Check says what is wrong with a name; empty: nothing is.
func Check(name string) string {
	marks, visible := 0, false
	for _, r := range norm.NFD.String(name) {
		if unicode.In(r, unicode.Mn, unicode.Me) {
			if marks++; marks > maxMarks {
				return "has too many marks on one letter"
			}
		} else {
			marks = 0
		}
		switch {
		case r == ' ':
		case unicode.IsControl(r):
			return "must not hold control characters"
		case IsBlank(r):
			return "must not hold characters that cannot be seen, nor other spaces than the ordinary one"
		default:
			visible = visible || !unicode.IsMark(r)
		}
	}
	if !visible {
		return "must not be empty"
	}
	return ""
}

// IsBlank reports whether a character shows nothing, such as a space, a filler or what turns the direction of text.
func IsBlank(r rune) bool {
	return unicode.IsSpace(r) || r == brailleBlank ||
		unicode.In(r, unicode.Z, unicode.C, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

const brailleBlank = '\u2800'
