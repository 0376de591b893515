// Package factory hands the commands what they need to do their work, as functions: asking for help reads no file and
// dials no server.
package factory

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/comfyscheduler/comfyscheduler/cli/internal/address"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/api"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/buildinfo"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/exitcode"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/identity"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/iostreams"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/settings"
	"github.com/comfyscheduler/comfyscheduler/cli/internal/when"
	pb "github.com/comfyscheduler/comfyscheduler/proto/gen/comfyscheduler/v1"
)

// Factory is the commands' dependencies, in the order in which they depend on each other.
type Factory struct {
	IO *iostreams.IOStreams
	// Clock is the time and zone of the terminal.
	Clock when.Clock
	// ServerFlag is what --server said: an address or a name from the settings.
	ServerFlag string
	// Passive keeps Client from signing in by itself; shell completion sets it.
	Passive bool
	// Args is the command line, for messages that offer a better one.
	Args []string

	// Settings finds the settings file.
	Settings func() (*settings.File, error)
	// Server finds the server to talk to.
	Server func() (address.Address, error)
	// Client connects to it; every call gives the same client.
	Client func() (*api.Client, error)
}

// New is the factory of a real run.
func New() *Factory {
	f := &Factory{
		IO:    iostreams.System(),
		Clock: when.Clock{Now: time.Now, Zone: time.Local},
		Args:  os.Args[1:],
	}
	f.Settings = sync.OnceValues(settingsFile)
	f.Server = sync.OnceValues(f.server)
	f.Client = sync.OnceValues(f.client)
	return f
}

func settingsFile() (*settings.File, error) {
	path, err := settings.DefaultPath()
	return &settings.File{Path: path}, err
}

// server resolves flag, environment, settings and the default, in this order. A name from the settings beats a host of
// the same name.
func (f *Factory) server() (address.Address, error) {
	file, err := f.Settings()
	if err != nil {
		return address.Address{}, err
	}
	kept, err := file.Load()
	if err != nil {
		return address.Address{}, err
	}
	named := cmp.Or(f.ServerFlag, os.Getenv("COMFYSCHED_SERVER"), kept.DefaultServer, address.Default)
	if addr, ok := kept.Servers[named]; ok {
		named = addr
	}
	parsed, err := address.Parse(named)
	if err != nil {
		return address.Address{}, &exitcode.Error{Code: exitcode.Usage, Err: err}
	}
	return parsed, nil
}

func (f *Factory) client() (*api.Client, error) {
	addr, err := f.Server()
	if err != nil {
		return nil, err
	}
	file, err := f.Settings()
	if err != nil {
		return nil, err
	}
	keeper := &identity.Keeper{
		File:       file,
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
	return api.New(addr, keeper, "comfysched/"+buildinfo.String(), roots)
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

// tellSignedIn says to a person, not to a script, that a user was made.
func (f *Factory) tellSignedIn(u *pb.User) {
	if f.IO.IsStderrTTY() {
		addr, _ := f.Server()
		fmt.Fprintf(f.IO.Err, "Signed in to %s as %s\n", addr, u.GetName())
	}
}

func clientName() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		return "comfysched"
	}
	name := []rune("comfysched on " + host)
	return string(name[:min(len(name), 100)])
}
