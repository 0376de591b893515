package launch

import (
	"errors"
	"fmt"

	"github.com/comfyscheduler/comfyscheduler/server/internal/comfy"
	"github.com/comfyscheduler/comfyscheduler/server/internal/config"
)

// lockedOut says what helps when something in front of ComfyUI does not let the service through; nil for all other errors.
func lockedOut(c config.ComfyUI, err error) error {
	var locked *comfy.LockedOutError
	switch {
	case !errors.As(err, &locked):
		return nil
	case c.Token != "":
		return plainly(fmt.Errorf("%w, although the service gives it a token: put a valid one into comfy_ui.api_token_file", locked), noWayIn)
	default:
		return plainly(fmt.Errorf("%w: name a file with a token that it takes in comfy_ui.api_token_file, "+
			"or an address that leads past it", locked), noWayIn)
	}
}

// noWayIn is said to everybody.
const noWayIn = "something in front of ComfyUI does not let the service through"
