package sqlite

import (
	"context"
	"database/sql"
)

// exec runs a statement of the writer and gives its effect.
func (s *Store) exec(query string, args ...any) (sql.Result, error) {
	statement, err := s.statement(query)
	if err != nil {
		return nil, err
	}
	return statement.Exec(args...)
}

// statement is a query that the writer has prepared once.
func (s *Store) statement(query string) (*sql.Stmt, error) {
	if statement, ok := s.prepared[query]; ok {
		return statement, nil
	}
	statement, err := s.writer.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	s.prepared[query] = statement
	return statement, nil
}
