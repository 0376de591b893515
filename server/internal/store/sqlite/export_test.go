package sqlite

import "context"

// Setting is a pragma of the connection that writes.
func (s *Store) Setting(ctx context.Context, name string) (value string, err error) {
	err = s.writer.QueryRowContext(ctx, "PRAGMA "+name).Scan(&value)
	return value, err
}
