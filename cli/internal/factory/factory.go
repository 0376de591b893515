// Package factory hands the commands what they need to do their work, as functions: asking for help reads no file and
// dials no server.
package factory

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/config"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/term"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Factory is the commands' dependencies, in the order in which they depend on each other.
type Factory struct {
	IO *term.Streams
	// Clock is the time and zone of the terminal.
	Clock when.Clock
	// ServerFlag is the value of --server: an address or a name from the settings.
	ServerFlag string
	// Passive keeps Client from signing in by itself; shell completion sets it.
	Passive bool
	// Args is the command line, for messages that offer a better one.
	Args []string

	// Settings is the settings file.
	Settings *config.File
	// Server finds the server to talk to.
	Server func() (config.Address, error)
	// Client connects to it; every call gives the same client.
	Client func() (*api.Client, error)

	zoneless error // why Clock has no zone
}

// New is the factory of a real run.
func New() *Factory {
	f := &Factory{IO: term.System(), Args: os.Args[1:], Settings: config.DefaultFile()}
	f.Clock, f.zoneless = clock()
	f.Server = sync.OnceValues(f.server)
	f.Client = sync.OnceValues(f.client)
	return f
}

// clock is the time in the zone of the terminal. Where that is not known it is in UTC, and nothing but help may use it.
func clock() (when.Clock, error) {
	zone, err := when.Zone(os.LookupEnv("TZ"))
	if err != nil {
		return when.Clock{Now: time.Now, Zone: time.UTC}, &exitcode.Error{Code: exitcode.Usage, Err: err}
	}
	return when.Clock{Now: time.Now, Zone: zone}, nil
}

// server resolves flag, environment, settings and the default, in this order. A name from the settings beats a host of
// the same name. The settings are not read for an address that is written in full.
func (f *Factory) server() (config.Address, error) {
	named := cmp.Or(f.ServerFlag, os.Getenv("COMFYSCHED_SERVER"))
	if !strings.Contains(named, "://") {
		kept, err := f.Settings.Load()
		if err != nil {
			return config.Address{}, err
		}
		named = cmp.Or(named, kept.DefaultServer, config.DefaultAddress)
		named = cmp.Or(kept.Servers[named], named)
	}
	parsed, err := config.ParseAddress(named)
	if err != nil {
		return config.Address{}, &exitcode.Error{Code: exitcode.Usage, Err: err}
	}
	return parsed, nil
}

func (f *Factory) client() (*api.Client, error) {
	if f.zoneless != nil { // no time may be sent or shown that is off by hours
		return nil, f.zoneless
	}
	addr, err := f.Server()
	if err != nil {
		return nil, err
	}
	keeper := &api.Keeper{
		File:       f.Settings,
		Address:    addr.String(),
		Override:   os.Getenv("COMFYSCHED_TOKEN"),
		ClientName: clientName(),
		Passive:    f.Passive,
		SignedIn:   f.tellSignedIn,
	}
	roots, err := authorities(os.Getenv("COMFYSCHED_CA_FILE"))
	if err != nil {
		return nil, err
	}
	return api.New(addr, keeper, "comfysched/"+VersionText(), roots)
}

// authorities reads the certificates of an authority of one's own; nil, for those of the machine, without a file.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("COMFYSCHED_CA_FILE: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(raw) {
		return nil, fmt.Errorf("COMFYSCHED_CA_FILE: %s holds no certificate in PEM form", file)
	}
	return roots, nil
}

// tellSignedIn says that a user was made: nobody asked for one, and it may be on another server than was meant.
func (f *Factory) tellSignedIn(u *pb.User) {
	addr, _ := f.Server()
	fmt.Fprintf(f.IO.Err, "signed in as %s on %s\n", term.Line(u.GetName()), addr)
}

func clientName() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		return "comfysched"
	}
	name := []rune("comfysched on " + host)
	return string(name[:min(len(name), 100)])
}
