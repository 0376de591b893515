package rpc

import (
	"errors"
	"strconv"
	"testing"

	"github.com/comfyscheduler/comfyscheduler/server/internal/account"
	"github.com/comfyscheduler/comfyscheduler/server/internal/fault"
	"github.com/comfyscheduler/comfyscheduler/server/internal/identity"
)

func TestNetworkOfAnAddress(t *testing.T) {
	for address, want := range map[string]string{
		"192.0.2.7":            "192.0.2.7",
		"::ffff:192.0.2.7":     "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"2001:db8:1:2::1":      "2001:db8:1:2::/64",
		"fe80::1%eth0":         "fe80::/64",
		"127.0.0.1":            "",
		"127.3.2.1":            "",
		"::1":                  "",
		"::ffff:127.0.0.1":     "",
		"":                     "",
		"pipe":                 "",
	} {
		if got := network(address); got != want {
			t.Errorf("%s counts for %q, want %q", address, got, want)
		}
	}
}

func TestStreamsAreCounted(t *testing.T) {
	var s streams
	open := func(user, address string, administrator bool) (func(), error) {
		by := account.Actor{User: account.User{ID: user, Administrator: administrator}, Address: address}
		return s.open(identity.Caller{Actor: by}, 2, 3)
	}
	refused := func(what, user, address string, administrator bool, limit int) {
		t.Helper()
		var tooMany *fault.Error
		if _, err := open(user, address, administrator); !errors.As(err, &tooMany) || tooMany.Reason != fault.TooManyStreams ||
			tooMany.Metadata["limit"] != strconv.Itoa(limit) {
			t.Errorf("%s: %v", what, err)
		}
	}
	taken := func(what, user, address string, administrator bool) func() {
		t.Helper()
		closed, err := open(user, address, administrator)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		return closed
	}
	first := taken("the first", "ada", "192.0.2.7", false)
	taken("the second", "ada", "2001:db8::1", false)
	refused("the third", "ada", "198.51.100.1", false, 2)
	first()
	taken("when one has closed", "ada", "192.0.2.7", false)
	for range 5 {
		taken("an administrator on the machine", "root", "127.0.0.1", true)
	}
	taken("another user there", "bob", "192.0.2.7", false)
	taken("an administrator there", "root", "192.0.2.7", true)
	refused("the address", "eve", "192.0.2.7", false, 3)
	refused("the address, an administrator", "root", "192.0.2.7", true, 3)
	for _, last := range []string{"2001:db8::1", "2001:db8::ffff"} {
		taken("IPv6 "+last, "user at "+last, last, false)
	}
	refused("another address of the same network", "mallory", "2001:db8::2:1", false, 3)
}
