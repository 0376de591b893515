package render

import (
	"bytes"
	"encoding/json"
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/flags"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
)

// Pages is a list that the server hands out page by page. Programs get each page as it comes; people get one table.
type Pages struct {
	// Things names the content of the list, such as "jobs".
	Things string
	// None is said to people when there is nothing.
	None string
	// Limit bounds the number of things.
	Limit *flags.Limit
	// Read reads one page of at most size things, from the page token on.
	Read func(size int32, token string) (Page, error)
}

// Page is the things of one page in all the ways in which they may be printed.
type Page struct {
	// Answer is the API's own: a list, and the token of the next page.
	Answer interface {
		proto.Message
		GetNextPageToken() string
	}
	// IDs are printed by --quiet.
	IDs []string
	// Table is for people and for pipes.
	Table *Table
}

// printer prints pages in one of the ways.
type printer interface {
	page(p Page) error
	// end is told the token of the page after the last one that was wanted; empty when there is none.
	end(next string) error
}

// Print shows the list as the options ask. That there is more than was shown is said on stderr, in a pipe only to those
// who did not choose the limit: a list that stops without a word is taken for the whole.
func (l Pages) Print(io *term.Streams, out flags.Out) error {
	to := l.printer(io, out)
	count, next := 0, ""
	more, err := api.ReadPages(l.Limit.Most(), func(size int32, token string) (int, string, error) {
		p, err := l.Read(size, token)
		if err != nil {
			return 0, "", err
		}
		count, next = count+p.Table.Len(), p.Answer.GetNextPageToken()
		return p.Table.Len(), next, to.page(p)
	})
	if err != nil {
		return err
	}
	if err := to.end(next); err != nil {
		return err
	}
	if more && (io.IsStdoutTTY() || !l.Limit.Chosen()) {
		fmt.Fprintf(io.Err, "there are more than these %d %s; --all lists them all\n", count, l.Things)
	}
	return nil
}

func (l Pages) printer(io *term.Streams, out flags.Out) printer {
	switch {
	case out.JSON && io.IsStdoutTTY():
		p := &jsonPrinter{io: io, indented: new(bytes.Buffer)}
		p.JSONArray.W = p.indented
		return p
	case out.JSON:
		return &jsonPrinter{io: io, JSONArray: JSONArray{W: io.Out}}
	case out.Quiet:
		return idPrinter{io}
	case io.IsStdoutTTY():
		return &tablePrinter{io: io, none: l.None}
	}
	return rowPrinter{}
}

// jsonPrinter prints one object like that of a single page.
type jsonPrinter struct {
	JSONArray
	io       *term.Streams
	indented *bytes.Buffer // for people, who get it when it is complete
}

func (p *jsonPrinter) page(page Page) error { return p.Add(page.Answer) }

func (p *jsonPrinter) end(next string) error {
	if err := p.End(next); err != nil || p.indented == nil {
		return err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, p.indented.Bytes(), "", "  "); err != nil {
		return err
	}
	_, err := out.WriteTo(p.io.Out)
	return err
}

// idPrinter prints an id a line.
type idPrinter struct{ io *term.Streams }

func (p idPrinter) page(page Page) error {
	for _, id := range page.IDs {
		if _, err := fmt.Fprintln(p.io.Out, id); err != nil {
			return err
		}
	}
	return nil
}

func (idPrinter) end(string) error { return nil }

// rowPrinter prints rows for programs.
type rowPrinter struct{}

func (rowPrinter) page(page Page) error { return page.Table.Print() }

func (rowPrinter) end(string) error { return nil }

// tablePrinter prints one aligned table at the end.
type tablePrinter struct {
	io   *term.Streams
	none string
	all  *Table
}

func (p *tablePrinter) page(page Page) error {
	if p.all == nil {
		p.all = page.Table
		return nil
	}
	p.all.Append(page.Table)
	return nil
}

func (p *tablePrinter) end(string) error {
	if p.all.Len() == 0 {
		_, err := fmt.Fprintln(p.io.Err, p.none)
		return err
	}
	return p.all.Print()
}
