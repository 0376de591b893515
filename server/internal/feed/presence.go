package feed

import (
	"cmp"
	"slices"
)

// maxListed is how many connections are told to everybody. Beyond, each is told to its own user only and everybody has the
// count, so that the work for each connection does not grow with their number.
const maxListed = 200

// presence is who watches, and what of that was told.
type presence struct {
	open   map[string]*connection
	users  map[string]int // how many of them are whose
	listed int
	untold []*connection // came or went since the last telling
	told   Presence
}

type connection struct {
	Connection
	gone   bool
	told   bool // that it came
	listed bool // to everybody
}

func newPresence() *presence {
	return &presence{open: map[string]*connection{}, users: map[string]int{}}
}

// add takes in a connection.
func (p *presence) add(made Connection) *connection {
	c := &connection{Connection: made}
	p.open[c.ID] = c
	p.users[c.UserID]++
	p.untold = append(p.untold, c)
	return c
}

// remove takes a connection away and reports whether it was there.
func (p *presence) remove(c *connection) bool {
	if c.gone {
		return false
	}
	c.gone = true
	delete(p.open, c.ID)
	if p.users[c.UserID]--; p.users[c.UserID] == 0 {
		delete(p.users, c.UserID)
	}
	if c.told {
		p.untold = append(p.untold, c)
	}
	return true
}

func (p *presence) count() Presence { return Presence{len(p.open), len(p.users)} }

// tell is what came and went since the last time, and whether there is anything to tell.
func (p *presence) tell() (d Delta, news bool) {
	d.Own = map[string]Own{}
	for _, c := range p.untold {
		if c.gone && c.told {
			p.tellGone(&d, c)
		}
	}
	for _, c := range p.untold {
		if !c.gone {
			p.tellCame(&d, c)
		}
	}
	if len(p.open) <= maxListed && p.listed < len(p.open) {
		for _, c := range p.open {
			p.list(&d, c)
		}
	}
	clear(p.untold)
	p.untold = p.untold[:0]
	now := p.count()
	d.Presence = &now
	news = now != p.told || len(d.Connections)+len(d.Disconnected)+len(d.Own) > 0
	p.told = now
	return d, news
}

func (p *presence) tellGone(d *Delta, c *connection) {
	if c.listed {
		p.listed--
		d.Disconnected = append(d.Disconnected, c.ID)
		return
	}
	own := d.Own[c.UserID]
	own.Disconnected = append(own.Disconnected, c.ID)
	d.Own[c.UserID] = own
}

func (p *presence) tellCame(d *Delta, c *connection) {
	c.told = true
	if p.listed < maxListed {
		p.list(d, c)
		return
	}
	own := d.Own[c.UserID]
	own.Connections = append(own.Connections, c.Connection)
	d.Own[c.UserID] = own
}

// list tells everybody of a connection, once.
func (p *presence) list(d *Delta, c *connection) {
	if c.listed {
		return
	}
	c.listed = true
	p.listed++
	d.Connections = append(d.Connections, c.Connection)
}

// view is what a snapshot lists: to everybody, and to each user besides. Connections that nobody was told of yet are
// missing: they come with the next change.
func (p *presence) view() (listed []Connection, own map[string]Own) {
	own = map[string]Own{}
	for _, c := range p.open {
		switch {
		case c.listed:
			listed = append(listed, c.Connection)
		case c.told:
			mine := own[c.UserID]
			mine.Connections = append(mine.Connections, c.Connection)
			own[c.UserID] = mine
		}
	}
	slices.SortFunc(listed, func(a, b Connection) int {
		return cmp.Or(cmp.Compare(a.ConnectedAt, b.ConnectedAt), cmp.Compare(a.ID, b.ID))
	})
	return listed, own
}
