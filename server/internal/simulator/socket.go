package simulator

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"net/http"

	"github.com/coder/websocket"
	"github.com/google/uuid"
)

// maxMessage limits what a client may send in one message, in bytes.
const maxMessage = 4 << 20

// socket serves /ws?clientId=ID.
func (s *server) socket(w http.ResponseWriter, r *http.Request) error {
	conn, err := websocket.Accept(w, r, &websocket.AcceptOptions{
		InsecureSkipVerify: true, // the origin was checked for every route alike
		CompressionMode:    websocket.CompressionDisabled,
	})
	if err != nil {
		return nil // Accept has answered
	}
	defer conn.CloseNow()
	conn.SetReadLimit(maxMessage)
	id := r.URL.Query().Get("clientId")
	if id == "" {
		fresh := uuid.New()
		id = hex.EncodeToString(fresh[:])
	}
	c := &client{conn: conn}
	ctx := r.Context() // ends with the process: the socket is cut then, without a closing handshake
	defer s.hub.leave(id)
	if err := s.greet(ctx, id, c); err != nil {
		return nil
	}
	s.listen(ctx, id, conn)
	return nil
}

// greet registers a new socket and sends it the state of the queue and, when a run of its
// client is under way, the node: without a prompt id. These frames do not pass through the
// hub's queue, and come before all that do.
func (s *server) greet(ctx context.Context, id string, c *client) error {
	c.writing.Lock()
	defer c.writing.Unlock()
	s.hub.join(id, c)
	state, node := queueStatus(s.queue.remaining()), s.current.nodeOf(id)
	state["sid"] = id
	if err := c.conn.Write(ctx, websocket.MessageText, textFrame("status", state)); err != nil {
		return err
	}
	if node == "" {
		return nil
	}
	return c.conn.Write(ctx, websocket.MessageText, textFrame("executing", object{"node": node}))
}

// listen reads until the socket closes. Only the first good message can be an announcement
// of feature flags; everything else is ignored.
func (s *server) listen(ctx context.Context, id string, conn *websocket.Conn) {
	for first := true; ; {
		kind, body, err := conn.Read(ctx)
		if err != nil {
			return
		}
		if kind != websocket.MessageText {
			continue
		}
		var message struct {
			Type string `json:"type"`
			Data struct {
				Previews bool `json:"supports_preview_metadata"`
			} `json:"data"`
		}
		if err := json.Unmarshal(body, &message); err != nil {
			s.logf("Invalid JSON received from client %s: %s", id, body)
			continue
		}
		if first && message.Type == "feature_flags" {
			if message.Data.Previews {
				s.hub.wantPreviews(id)
			}
			s.hub.sendText(id, "feature_flags", s.featureFlags())
		}
		first = false
	}
}

func queueStatus(remaining int) object {
	return object{"status": object{"exec_info": object{"queue_remaining": remaining}}}
}
