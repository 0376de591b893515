package feed

import "github.com/comfyscheduler/comfyscheduler/server/internal/job"

// names keeps the names of the users whom the live state speaks of: who has a job in it, or a connection. The others are
// forgotten.
//
// Who took another name a moment ago is remembered also when nothing speaks of it: whoever speaks of it next may still know
// the name before.
type names struct {
	known   map[string]*mention
	renamed map[string]string
}

// maxRenamed bounds the latest other names that are remembered.
const maxRenamed = 1000

func newNames() names { return names{known: map[string]*mention{}, renamed: map[string]string{}} }

type mention struct {
	name string
	by   int // jobs and connections that speak of the user
}

// mention notes that one more job or connection speaks of a user, and gives its name. A name that is known stays: whoever
// takes another one is renamed.
func (n names) mention(userID, name string) string {
	m, known := n.known[userID]
	if !known {
		if latest, renamed := n.renamed[userID]; renamed {
			name = latest
		}
		m = &mention{name: name}
		n.known[userID] = m
	}
	m.by++
	return m.name
}

// drop takes a mention back.
func (n names) drop(userID string) {
	m, known := n.known[userID]
	if !known {
		return
	}
	if m.by--; m.by == 0 {
		delete(n.known, userID)
	}
}

// rename reports whether the user is known and was called otherwise.
func (n names) rename(userID, name string) bool {
	if len(n.renamed) >= maxRenamed {
		clear(n.renamed)
	}
	n.renamed[userID] = name
	m, known := n.known[userID]
	if !known || m.name == name {
		return false
	}
	m.name = name
	return true
}

// knows reports whether anything speaks of a user.
func (n names) knows(userID string) bool {
	_, known := n.known[userID]
	return known
}

// of gives the current name of a user, or else the name.
func (n names) of(userID, name string) string {
	if m, known := n.known[userID]; known {
		return m.name
	}
	return name
}

// list names the users of jobs and of connections, each once, and to each user with connections of its own itself.
func (n names) list(jobs []job.Job, connections []Connection, own map[string]Own) (list []UserName) {
	named := map[string]bool{}
	add := func(userID string) {
		if !named[userID] {
			named[userID] = true
			list = append(list, UserName{userID, n.known[userID].name})
		}
	}
	for _, j := range jobs {
		add(j.UserID)
	}
	for _, c := range connections {
		add(c.UserID)
	}
	for userID, mine := range own {
		if m, known := n.known[userID]; known && !named[userID] {
			mine.Names = []UserName{{userID, m.name}}
			own[userID] = mine
		}
	}
	return list
}

// nameless is the job as it is kept: shortened, its owner's name apart.
func nameless(j job.Job) job.Job {
	j = j.Shorten()
	j.UserName = ""
	return j
}
