//go:build linux

package torture_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// sample holds all sizes at one moment of a soak, in bytes.
type sample struct {
	after                          time.Duration
	rss, heap, comfyRSS            int64
	fds, goroutines                int64
	database, wal                  int64
	thumbnails, output             int64
	comfyLog, serviceLog           int64
	booked, completed, late        int
	watchers, messages, reconnects int64
}

// columns lists the printed values of a sample.
var columns = []struct {
	name  string
	value func(sample) string
}{
	{"after", func(s sample) string { return s.after.Round(time.Second).String() }},
	{"rss", func(s sample) string { return mib(s.rss) }},
	{"heap", func(s sample) string { return mib(s.heap) }},
	{"fds", func(s sample) string { return fmt.Sprint(s.fds) }},
	{"goroutines", func(s sample) string { return fmt.Sprint(s.goroutines) }},
	{"bookings.db", func(s sample) string { return mib(s.database) }},
	{"wal", func(s sample) string { return mib(s.wal) }},
	{"thumbnails", func(s sample) string { return mib(s.thumbnails) }},
	{"output", func(s sample) string { return mib(s.output) }},
	{"comfyui log", func(s sample) string { return mib(s.comfyLog) }},
	{"service log", func(s sample) string { return mib(s.serviceLog) }},
	{"comfyui rss", func(s sample) string { return mib(s.comfyRSS) }},
	{"booked", func(s sample) string { return fmt.Sprint(s.booked) }},
	{"completed", func(s sample) string { return fmt.Sprint(s.completed) }},
	{"late", func(s sample) string { return fmt.Sprint(s.late) }},
	{"watchers", func(s sample) string { return fmt.Sprint(s.watchers) }},
	{"messages", func(s sample) string { return fmt.Sprint(s.messages) }},
	{"reconnects", func(s sample) string { return fmt.Sprint(s.reconnects) }},
}

func mib(n int64) string { return fmt.Sprintf("%.2f", float64(n)/(1<<20)) }

func (s sample) String() string {
	var out strings.Builder
	for _, c := range columns {
		fmt.Fprintf(&out, "%s %s  ", c.name, c.value(s))
	}
	return out.String()
}

// table prints samples below each other.
func table(samples []sample) string {
	var out strings.Builder
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, c := range columns {
		fmt.Fprint(w, c.name, "\t")
	}
	fmt.Fprintln(w)
	for _, s := range samples {
		for _, c := range columns {
			fmt.Fprint(w, c.value(s), "\t")
		}
		fmt.Fprintln(w)
	}
	_ = w.Flush() // into memory
	return out.String()
}

// sample measures everything.
func (w *shift) sample(after time.Duration) (s sample, err error) {
	site := w.site
	site.mu.Lock()
	pid, log := site.process.PID(), fmt.Sprintf("service-%04d.log", site.lives)
	site.mu.Unlock()
	metrics, err := w.metrics()
	s = sample{
		after:      after,
		rss:        rss(pid),
		heap:       metrics["go_memstats_heap_inuse_bytes"],
		goroutines: metrics["go_goroutines"],
		watchers:   metrics["comfyscheduler_watchers"],
		database:   size(filepath.Join(site.Data(), "bookings.db")),
		wal:        size(filepath.Join(site.Data(), "bookings.db-wal")),
		thumbnails: size(filepath.Join(site.Data(), "thumbnails")),
		output:     size(site.lanes[0].output),
		comfyLog:   size(filepath.Join(site.Data(), "comfyui-gpu.log")),
		serviceLog: size(filepath.Join(site.Folder, log)),
		booked:     len(w.jobs),
		completed:  len(w.fetched),
		late:       w.late,
		messages:   w.messages.Load(),
		reconnects: w.reconnects.Load(),
	}
	for _, comfy := range site.ComfyPIDs() {
		s.comfyRSS += rss(comfy)
	}
	open, openErr := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	s.fds = int64(len(open))
	return s, errors.Join(err, openErr)
}

// metrics reads the service's numbers that stand alone on a line.
func (w *shift) metrics() (map[string]int64, error) {
	administrator, err := w.site.administrator()
	if err != nil {
		return nil, err
	}
	content, err := administrator.fetch("/metrics")
	numbers := map[string]int64{}
	for line := range bytes.Lines(content) {
		var name string
		var value float64
		if n, _ := fmt.Sscan(string(line), &name, &value); n == 2 {
			numbers[name] = int64(value)
		}
	}
	return numbers, err
}

// rss is the memory of a process, as far as it is known.
func rss(pid int) int64 {
	p, err := process.NewProcess(int32(pid))
	if err != nil {
		return 0
	}
	memory, err := p.MemoryInfo()
	if err != nil {
		return 0
	}
	return int64(memory.RSS)
}

// size is that of a file, or of all files in a folder.
func size(path string) (sum int64) {
	_ = filepath.WalkDir(path, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil // what is gone has no size
		}
		if info, err := entry.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	return sum
}
