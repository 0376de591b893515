package term

import (
	"bufio"
	"context"
	"fmt"
	"strings"
)

// Confirm asks a person a question that is answered with yes or no. Only a yes is one; when ctx ends there is no answer.
func (s *Streams) Confirm(ctx context.Context, question string) (bool, error) {
	fmt.Fprint(s.Err, question+" [y/N] ")
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(s.In).ReadString('\n') // an end of the input is no yes
		answer <- line
	}()
	select {
	case line := <-answer:
		switch strings.ToLower(strings.TrimSpace(line)) {
		case "y", "yes":
			return true, nil
		}
		return false, nil
	case <-ctx.Done():
		fmt.Fprintln(s.Err)
		return false, ctx.Err()
	}
}
