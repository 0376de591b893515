package feed

import (
	"cmp"
	"slices"
)

// How many connections are told. Beyond the first number each is told to its own user only, up to the second, and everybody
// has the count, so that the work for each connection does not grow with their number.
const (
	maxListed = 200
	maxOwn    = 20
)

// presence keeps who watches, and what of that was told.
type presence struct {
	open   map[string]*connection
	users  map[string]*visits
	listed int
	untold []*connection // came or went since the last telling
	told   Presence
}

// visits are the connections of one user.
type visits struct {
	open map[*connection]bool
	own  int // of those that are told to the user only
}

type connection struct {
	Connection
	gone bool
	to   audience
}

// audience names those who were told of a connection.
type audience int

const (
	nobody   audience = iota
	itsUser           // its user only
	everyone          // all who watch
)

func newPresence() *presence {
	return &presence{open: map[string]*connection{}, users: map[string]*visits{}}
}

// add takes in a connection.
func (p *presence) add(made Connection) *connection {
	c := &connection{Connection: made}
	p.open[c.ID] = c
	user, known := p.users[c.UserID]
	if !known {
		user = &visits{open: map[*connection]bool{}}
		p.users[c.UserID] = user
	}
	user.open[c] = true
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
	user := p.users[c.UserID]
	if delete(user.open, c); len(user.open) == 0 {
		delete(p.users, c.UserID)
	}
	if c.to == itsUser {
		user.own--
	}
	p.untold = append(p.untold, c)
	return true
}

func (p *presence) count() Presence { return Presence{len(p.open), len(p.users)} }

// tell gives what came and went since the last time, and whether there is anything to tell.
func (p *presence) tell() (d Delta, news bool) {
	d.Own = map[string]Own{}
	for _, c := range p.untold {
		if c.gone {
			p.tellGone(&d, c)
		}
	}
	for _, c := range p.untold {
		if !c.gone && p.listed < maxListed {
			p.list(&d, c)
		}
	}
	if len(p.open) <= maxListed && p.listed < len(p.open) {
		for _, c := range p.open {
			p.list(&d, c)
		}
	}
	for _, c := range p.untold {
		p.tellOwn(&d, c.UserID)
	}
	clear(p.untold)
	p.untold = p.untold[:0]
	now := p.count()
	d.Presence = &now
	news = now != p.told || len(d.Connections)+len(d.Disconnected)+len(d.Own) > 0
	p.told = now
	return d, news
}

// tellGone tells whoever knows of a connection that it is gone, once.
func (p *presence) tellGone(d *Delta, c *connection) {
	switch c.to {
	case everyone:
		p.listed--
		d.Disconnected = append(d.Disconnected, c.ID)
	case itsUser:
		own := d.Own[c.UserID]
		own.Disconnected = append(own.Disconnected, c.ID)
		d.Own[c.UserID] = own
	}
	c.to = nobody
}

// list tells everybody of a connection, once.
func (p *presence) list(d *Delta, c *connection) {
	if c.to == everyone {
		return
	}
	if c.to == itsUser {
		p.users[c.UserID].own--
	}
	c.to = everyone
	p.listed++
	d.Connections = append(d.Connections, c.Connection)
}

// tellOwn tells a user of its own connections that nobody was told of, as far as one is.
func (p *presence) tellOwn(d *Delta, userID string) {
	user, open := p.users[userID]
	if !open || user.own == maxOwn {
		return
	}
	own := d.Own[userID]
	for c := range user.open {
		if c.to == nobody {
			c.to = itsUser
			own.Connections = append(own.Connections, c.Connection)
			if user.own++; user.own == maxOwn {
				break
			}
		}
	}
	if len(own.Connections) > 0 {
		d.Own[userID] = own
	}
}

// view gives what a snapshot lists: to everybody, and to each user besides. Connections that nobody was told of yet are
// missing: they come with the next change.
func (p *presence) view() (listed []Connection, own map[string]Own) {
	own = map[string]Own{}
	for _, c := range p.open {
		switch c.to {
		case everyone:
			listed = append(listed, c.Connection)
		case itsUser:
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
