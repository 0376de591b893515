package memory

import (
	"cmp"
	"slices"

	"github.com/comfyscheduler/comfyscheduler/server/internal/store"
)

// put writes an entry of a table, and drop deletes one. Both are taken back with the update.
func put[K comparable, V any](t *tx, table map[K]V, key K, value V) {
	keep(t, table, key)
	table[key] = value
}

func drop[K comparable, V any](t *tx, table map[K]V, key K) {
	keep(t, table, key)
	delete(table, key)
}

func keep[K comparable, V any](t *tx, table map[K]V, key K) {
	before, there := table[key]
	t.lines.OnUndo(func() {
		if delete(table, key); there {
			table[key] = before
		}
	})
}

// there finds an entry of a table; store.ErrNotFound.
func there[K comparable, V any](table map[K]V, key K) (V, error) {
	v, there := table[key]
	if !there {
		return v, store.ErrNotFound
	}
	return v, nil
}

// page sorts the latest first and gives those after a place in that order.
func page[V any](all []V, place func(V) store.Cursor, after *store.Cursor, limit int) []V {
	order := func(a, b store.Cursor) int { return cmp.Or(cmp.Compare(b.Start, a.Start), cmp.Compare(b.ID, a.ID)) }
	slices.SortFunc(all, func(a, b V) int { return order(place(a), place(b)) })
	if after != nil {
		all = slices.DeleteFunc(all, func(v V) bool { return order(place(v), *after) <= 0 })
	}
	return first(all, limit)
}
