package editor

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/comfyscheduler/comfyscheduler/server/internal/jsontree"
)

// prefixed are the classes whose filename_prefix the page fills in.
var prefixed = map[string]bool{
	"SaveImage":         true,
	"SaveImageAdvanced": true,
	"SaveSVGNode":       true,
	"SaveVideo":         true,
	"SaveAnimatedWEBP":  true,
	"SaveWEBM":          true,
	"SaveAudio":         true,
	"SaveAudioMP3":      true,
	"SaveAudioOpus":     true,
	"SaveAudioAdvanced": true,
	"SaveGLB":           true,
	"Save3DAdvanced":    true,
	"SaveGaussianSplat": true,
	"SavePointCloud":    true,
	"SaveAnimatedPNG":   true,
	"CLIPSave":          true,
	"VAESave":           true,
	"ModelSave":         true,
	"LoraSave":          true,
	"SaveLatent":        true,
}

const prefixWidget = "filename_prefix"

var (
	token     = regexp.MustCompile(`%([^%]+)%`)
	dateParts = regexp.MustCompile(`dd?|MM?|hh?|mm?|ss?|yyy?y?`)
	unsafe    = regexp.MustCompile(`[/?<>\\:*|"\x00-\x1f\x7f]`)
)

// replaceTokens fills in %date:FORMAT% and %Node.widget%, and leaves what it does not know.
func (c *converter) replaceTokens(text string) string {
	date := func(format string) string { return formatDate(format, c.options.Now) }
	return replaceTokens(text, date, func(node, name string) (any, bool) {
		n := c.nodeNamed(node)
		if n == nil {
			return nil, false
		}
		w := n.widgetNamed(name)
		if w == nil {
			return nil, false
		}
		return w.value, true
	})
}

func replaceTokens(text string, date func(format string) string, valueOf func(node, widget string) (any, bool)) string {
	return token.ReplaceAllStringFunc(text, func(whole string) string {
		parts := strings.Split(whole[1:len(whole)-1], ".")
		if len(parts) != 2 {
			if format, ok := strings.CutPrefix(parts[0], "date:"); ok {
				return date(format)
			}
			return whole
		}
		value, ok := valueOf(parts[0], parts[1])
		if !ok {
			return whole
		}
		return unsafe.ReplaceAllString(javaScriptText(value), "_")
	})
}

// nodeNamed finds a node by the name that was given to it for this purpose, else by its title; the first in the file.
func (c *converter) nodeNamed(name string) *node {
	if c.named == nil {
		c.named = map[string]*node{}
		for _, nameOf := range []func(*node) string{
			func(n *node) string { return n.properties.Text("Node name for S&R") },
			c.title,
		} {
			for _, l := range c.document.layouts() {
				for _, n := range l.nodes {
					if known := nameOf(n); c.named[known] == nil {
						c.named[known] = n
					}
				}
			}
		}
	}
	return c.named[name]
}

func (n *node) widgetNamed(name string) *widget {
	for _, w := range n.widgets {
		if w.name == name {
			return w
		}
	}
	return nil
}

// formatDate writes a moment by the letters d M h m s and y; h goes to 23.
func formatDate(format string, now time.Time) string {
	return dateParts.ReplaceAllStringFunc(format, func(part string) string {
		year := strconv.Itoa(now.Year())
		switch part {
		case "yyyy":
			return year
		case "yy":
			return year[min(2, len(year)):]
		}
		n := 0
		switch part[0] {
		case 'd':
			n = now.Day()
		case 'M':
			n = int(now.Month())
		case 'h':
			n = now.Hour()
		case 'm':
			n = now.Minute()
		case 's':
			n = now.Second()
		default:
			return part
		}
		text := strconv.Itoa(n)
		return strings.Repeat("0", max(0, len(part)-len(text))) + text
	})
}

// javaScriptText is a value as JavaScript makes text of it.
func javaScriptText(value any) string {
	switch value := value.(type) {
	case nil, undefined:
		return ""
	case string:
		return value
	case []any:
		texts := make([]string, len(value))
		for i, v := range value {
			texts[i] = javaScriptText(v)
		}
		return strings.Join(texts, ",")
	case *jsontree.Object:
		return "[object Object]"
	}
	return string(jsontree.Append(nil, value))
}
