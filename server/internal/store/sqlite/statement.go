package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
)

// exec runs a command of the writer and gives its effect. No caller's context ends it, nor any other statement of the writer: a commit
// is of many callers. It speaks to the driver itself: database/sql would make its
// arguments anew for each command.
func (s *Store) exec(query string, args ...any) (result driver.Result, err error) {
	err = s.writer.Raw(func(c any) error {
		command, known := s.commands[query]
		if !known {
			prepared, err := c.(driver.ConnPrepareContext).PrepareContext(context.Background(), query)
			if err != nil {
				return err
			}
			command = prepared.(driver.StmtExecContext)
			s.commands[query] = command
		}
		s.arguments = s.arguments[:0]
		for i, arg := range args {
			value, err := driver.DefaultParameterConverter.ConvertValue(arg)
			if err != nil {
				return err
			}
			s.arguments = append(s.arguments, driver.NamedValue{Ordinal: i + 1, Value: value})
		}
		result, err = command.ExecContext(context.Background(), s.arguments)
		return err
	})
	return result, err
}

// closeCommands gives back what exec has prepared.
func (s *Store) closeCommands() error {
	var err error
	for _, command := range s.commands {
		err = errors.Join(err, command.(driver.Stmt).Close())
	}
	return err
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
