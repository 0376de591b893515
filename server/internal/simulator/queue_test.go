package simulator_test

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func (c *comfy) upload(name string, content []byte) (int, any) {
	c.t.Helper()
	return c.uploadTo("/upload/image", name, content, nil)
}

func (c *comfy) uploadTo(path, name string, content []byte, fields map[string]string) (int, any) {
	c.t.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("image", name)
	if err != nil {
		c.t.Fatal(err)
	}
	part.Write(content)
	for name, value := range fields {
		if err := form.WriteField(name, value); err != nil {
			c.t.Fatal(err)
		}
	}
	form.Close()
	response, err := http.Post("http://"+c.host+path, form.FormDataContentType(), &body)
	if err != nil {
		c.t.Fatal(err)
	}
	defer response.Body.Close()
	var answer bytes.Buffer
	answer.ReadFrom(response.Body)
	if answer.Len() == 0 {
		return response.StatusCode, nil
	}
	return response.StatusCode, decode(c.t, answer.Bytes())
}

func TestInterrupt(t *testing.T) {
	c := start(t)
	s := c.dial("me", false)
	c.post("/interrupt", object{}) // idle: must not hit the next run
	id := c.submit(endless(t))
	s.until(ofType("progress"))
	waiting := c.submit(klein(t, "waits", "1"))
	c.post("/interrupt", object{"prompt_id": waiting}) // not running: no effect
	s.until(ofType("progress"))
	c.post("/interrupt", object{"prompt_id": id})
	frames := s.until(end)
	if at(last(frames), "data", "prompt_id") != id {
		t.Errorf("the first end is of %v, want %s", last(frames), id)
	}
	if !slices.ContainsFunc(frames, ofType("execution_interrupted")) {
		t.Errorf("no execution_interrupted in %s", brief(frames))
	}
	entry := c.finished(id)
	if at(entry, "status", "status_str") != "error" || at(entry, "status", "completed") != false ||
		at(entry, "status", "messages", -1, 0) != "execution_interrupted" {
		t.Errorf("status %s", encode(at(entry, "status")))
	}
	if status := at(c.finished(waiting), "status", "status_str"); status != "success" {
		t.Errorf("the next run ends as %v", status)
	}
	s.until(end)

	c.submit(endless(t))
	s.until(ofType("progress"))
	if code, _ := c.do("POST", "/interrupt", ""); code != 200 {
		t.Errorf("global interrupt: %d", code)
	}
	s.until(ofType("execution_interrupted"))
}

func TestQueueOrder(t *testing.T) {
	c := start(t)
	s := c.dial("me", false)
	first := c.submit(endless(t))
	s.until(ofType("progress"))
	post := func(id string, more object) {
		more["prompt_id"] = id
		c.submit(simple(len(id), "q/"+id), more)
	}
	post("third", object{})
	post("fourth", object{})
	post("second", object{"front": true})
	post("first-b", object{"number": -7.5})
	post("first-a", object{"number": -7.5})
	post("dropped", object{})
	c.post("/queue", object{"delete": []string{"dropped", "unknown", first}})
	if remaining := at(c.get("/prompt"), "exec_info", "queue_remaining"); encode(remaining) != "6" {
		t.Errorf("queue_remaining %v, want 6", remaining)
	}
	queue := c.get("/queue")
	if running := at(queue, "queue_running", 0, 1); running != first {
		t.Errorf("running %v, want %s", running, first)
	}
	for _, item := range at(queue, "queue_pending").([]any) {
		if want := map[any]string{
			"third":   "1",
			"fourth":  "2",
			"second":  "-3",
			"first-b": "-7.5",
			"first-a": "-7.5",
		}[at(item, 1)]; encode(at(item, 0)) != want {
			t.Errorf("%v has number %v, want %s", at(item, 1), at(item, 0), want)
		}
	}
	c.post("/interrupt", object{"prompt_id": first})
	s.until(end)
	var order []any
	for range 5 {
		order = append(order, at(last(s.until(ofType("execution_start"))), "data", "prompt_id"))
		s.until(end)
	}
	if diff := cmp.Diff([]any{"first-a", "first-b", "second", "third", "fourth"}, order); diff != "" {
		t.Errorf("order (-want +got):\n%s", diff)
	}
	if got := c.get("/history/dropped"); len(got.(object)) != 0 {
		t.Errorf("a removed prompt has a history: %v", got)
	}
}

func TestSameIDAndNumberIs500YetQueued(t *testing.T) {
	c := start(t)
	c.submit(graph(simple(1, "[[hang]]")))
	c.log.await(t, "told to hang")
	body := encode(object{"prompt": simple(2, "a"), "prompt_id": "same", "number": 9})
	for i, want := range []int{200, 500} {
		if code, answer := c.do("POST", "/prompt", body); code != want {
			t.Errorf("post %d: %d %v, want %d", i, code, answer, want)
		}
	}
	if pending := at(c.get("/queue"), "queue_pending").([]any); len(pending) != 2 {
		t.Errorf("pending %v, want both", pending)
	}
	c.post("/queue", object{"clear": true})
	if pending := at(c.get("/queue"), "queue_pending").([]any); len(pending) != 0 {
		t.Errorf("pending after clear %v", pending)
	}
}

func TestHistoryPagesAndRemoval(t *testing.T) {
	c := start(t)
	for i, id := range []string{"a", "b", "c"} {
		c.run(simple(i, "h"), object{"prompt_id": id})
	}
	for query, want := range map[string][]string{
		"":                      {"a", "b", "c"},
		"?max_items=2":          {"b", "c"},
		"?max_items=1&offset=0": {"a"},
		"?offset=1":             {"b", "c"},
	} {
		var ids []string
		for id := range c.get("/history" + query).(object) {
			ids = append(ids, id)
		}
		slices.Sort(ids)
		if !slices.Equal(ids, want) {
			t.Errorf("/history%s: %v, want %v", query, ids, want)
		}
	}
	if code, _ := c.do("GET", "/history?max_items=abc", ""); code != 500 {
		t.Errorf("max_items=abc: %d, want 500", code)
	}
	c.post("/history", object{"delete": []string{"b"}})
	if left := c.get("/history").(object); len(left) != 2 || left["b"] != nil {
		t.Errorf("after delete: %v", left)
	}
	c.post("/history", object{"clear": true})
	if left := c.get("/history").(object); len(left) != 0 {
		t.Errorf("after clear: %v", left)
	}
}

func TestPoisonPromptKillsTheExecutor(t *testing.T) {
	c := start(t)
	g := simple(1, "x")
	g["50"] = object{"class_type": "EmptyImage"}
	poison := c.submit(g)
	c.log.await(t, `Exception in thread Thread-1 \(prompt_worker\)`)
	next := c.submit(simple(2, "x"))
	c.post("/interrupt", object{"prompt_id": poison})
	queue := c.get("/queue")
	if at(queue, "queue_running", 0, 1) != poison || at(queue, "queue_pending", 0, 1) != next {
		t.Errorf("queue %s", encode(queue))
	}
}

func TestTakeoverAndForgetting(t *testing.T) {
	c := start(t)
	id := c.submit(endless(t), object{"client_id": "x"})
	older := c.dial("x", false)
	older.until(ofType("progress"))
	newer := c.dial("x", false)
	greeting := newer.until(ofType("progress"))
	if diff := cmp.Diff(object{"type": "executing", "data": object{"node": "13"}}, greeting[0]); diff != "" {
		t.Errorf("greeting in mid-run (-want +got):\n%s", diff)
	}
	older.rest()
	newer.until(ofType("progress"))
	if frames := older.rest(); len(frames) != 0 {
		t.Errorf("the older socket still gets %s", brief(frames))
	}
	c.post("/interrupt", object{"prompt_id": id})
	newer.until(end)

	// Once the server has noticed that the older one closed, the newer one hears nothing.
	older.conn.CloseNow()
	witness := c.dial("witness", false)
	for deadline := time.Now().Add(patience); ; {
		newer.rest()
		c.submit(simple(1, "t"), object{"client_id": "x"})
		witness.until(idle)
		if len(newer.rest()) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("the newer socket still gets frames")
		}
	}
}

func TestWhoGetsFrames(t *testing.T) {
	c := start(t)
	mine, other := c.dial("me", false), c.dial("other", false)
	c.submit(simple(1, "w"))
	mine.until(end)
	for _, frame := range other.rest() {
		if at(frame, "type") != "status" {
			t.Errorf("a stranger gets %v", frame)
		}
	}
	body := encode(object{"prompt": klein(t, "nobody's", "1")})
	c.do("POST", "/prompt", body)
	kinds := map[any]bool{}
	for _, frame := range other.until(idle) {
		kinds[at(frame, "type")] = true
	}
	if diff := cmp.Diff(map[any]bool{"status": true, "progress_state": true, "progress": true}, kinds); diff != "" {
		t.Errorf("frames of a run without client (-want +got):\n%s", diff)
	}
}

func TestErrorsOfTheTransport(t *testing.T) {
	c := start(t)
	for _, r := range []struct {
		method, path, body string
		code               int
		answer             string
	}{
		{"GET", "/no_such_route", "", 404, "404: Not Found"},
		{"GET", "/api/jobs", "", 404, "404: Not Found"},
		{"PUT", "/prompt", "{}", 405, "405: Method Not Allowed"},
		{"OPTIONS", "/prompt", "", 200, ""},
		{"POST", "/queue", "", 500, "500 Internal Server Error\n\nServer got itself in trouble"},
		{"POST", "/history", "{", 500, "500 Internal Server Error\n\nServer got itself in trouble"},
		{"POST", "/free", "", 500, "500 Internal Server Error\n\nServer got itself in trouble"},
		{"POST", "/interrupt", "[]", 500, "500 Internal Server Error\n\nServer got itself in trouble"},
		{"POST", "/interrupt", "nonsense", 200, ""},
		{"POST", "/queue", "{}", 200, ""},
	} {
		if code, answer := c.do(r.method, r.path, r.body); code != r.code || answer != r.answer {
			t.Errorf("%s %s %q: %d %q, want %d %q", r.method, r.path, r.body, code, answer, r.code, r.answer)
		}
	}
	for origin, want := range map[string]int{"http://" + c.host: 200, "null": 200, "http://localhost:1": 403, "https://example.com": 403} {
		request, _ := http.NewRequest("GET", "http://"+c.host+"/prompt", nil)
		request.Header.Set("Origin", origin)
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != want {
			t.Errorf("Origin %s: %d, want %d", origin, response.StatusCode, want)
		}
	}
}
