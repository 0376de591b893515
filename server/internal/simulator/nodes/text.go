package nodes

import (
	"cmp"
	"crypto/sha256"
	"fmt"
	"image/color"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

func primitive(c *Call) (Result, error) { return values(get[any](c, "value")) }

func concatenate(c *Call) (Result, error) {
	return values(c.text("string_a") + c.text("delimiter") + c.text("string_b"))
}

func replace(c *Call) (Result, error) {
	return values(strings.ReplaceAll(c.text("string"), c.text("find"), c.text("replace")))
}

var (
	backReference = regexp.MustCompile(`\\(\d+)`)
	codePoint     = regexp.MustCompile(`\\u([0-9A-Fa-f]{4})`) // Go spells it \x{..}
)

// replacePattern replaces as Go's expressions do, which know most of Python's. A text with a pattern that they do not know stays.
func replacePattern(c *Call) (Result, error) {
	flags := ""
	for name, flag := range map[string]string{"case_insensitive": "i", "multiline": "m", "dotall": "s"} {
		if c.switched(name, name == "case_insensitive") {
			flags += flag
		}
	}
	pattern := codePoint.ReplaceAllString(c.text("regex_pattern"), `\x{$1}`)
	if flags != "" {
		pattern = "(?" + flags + ")" + pattern
	}
	expression, err := regexp.Compile(pattern)
	if err != nil {
		return values(c.text("string"))
	}
	with := backReference.ReplaceAllString(strings.ReplaceAll(c.text("replace"), "$", "$$"), "$${$1}")
	text, count := c.text("string"), c.whole("count", 0)
	if count == 0 {
		return values(expression.ReplaceAllString(text, with))
	}
	done := 0
	return values(expression.ReplaceAllStringFunc(text, func(match string) string {
		if done++; done > count {
			return match
		}
		return expression.ReplaceAllString(match, with)
	}))
}

func length(c *Call) (Result, error) {
	return values(big.NewInt(int64(utf8.RuneCountInString(c.text("string")))))
}

// generateText tells what is to be seen on the picture, or that it was asked something.
func generateText(c *Call) (Result, error) {
	const tokens = 8 // in the time of a step
	answer := fmt.Sprintf("This is a simulated answer to: %s", c.text("prompt"))
	if pictures := cmp.Or(c.given("image"), c.given("video")); pictures != nil {
		answer = describe(*pictures, c.Key)
	}
	words := strings.Fields(answer)
	words = words[:min(len(words), c.whole("max_length", 512))]
	err := c.Machine.Sample(Sampling{
		Steps:  len(words)/tokens + 1,
		Work:   1,
		Passes: 1,
	})
	if err != nil {
		return Result{}, err
	}
	return values(strings.Join(words, " "))
}

// describe looks at the first picture: its shape, its light and its colours.
func describe(pictures Pictures, key string) string {
	seen := scaled(pictures, 24, 24).At(0)
	counts, light := map[string]int{}, 0
	for i := 0; i < len(seen.Pix); i += 4 {
		c := color.RGBA{seen.Pix[i], seen.Pix[i+1], seen.Pix[i+2], 255}
		counts[colourName(c)]++
		light += int(c.R) + int(c.G) + int(c.B)
	}
	names := []string{}
	for name := range counts {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return cmp.Or(counts[b]-counts[a], strings.Compare(a, b)) })
	shape, brightness := "square", "evenly lit"
	switch {
	case pictures.Width > pictures.Height*5/4:
		shape = "wide"
	case pictures.Height > pictures.Width*5/4:
		shape = "tall"
	}
	switch mean := light / (3 * 24 * 24); {
	case mean < 85:
		brightness = "dark"
	case mean > 170:
		brightness = "bright"
	}
	openings := []string{"The picture shows", "One sees", "This is"}
	dice := sha256.Sum256([]byte(key))
	return fmt.Sprintf("%s a %s, %s scene of %d by %d pixels, mostly %s. (A simulated model looked at its colours only.)",
		openings[int(dice[0])%len(openings)], shape, brightness, pictures.Width, pictures.Height,
		strings.Join(names[:min(len(names), 3)], ", "))
}

func colourName(c color.RGBA) string {
	high, low := max(c.R, c.G, c.B), min(c.R, c.G, c.B)
	switch {
	case high < 50:
		return "black"
	case low > 205:
		return "white"
	case high-low < 28:
		return "grey"
	case c.R == high && c.G > c.B && c.R-c.G < 60:
		return "yellow"
	case c.R == high && c.G > c.B:
		return "orange"
	case c.R == high && c.B > c.R/2:
		return "pink"
	case c.R == high:
		return "red"
	case c.G == high:
		return "green"
	case c.R > c.G:
		return "violet"
	}
	return "blue"
}

// previewAny shows a value as Python would write it.
func previewAny(c *Call) (Result, error) {
	var text string
	switch value := get[any](c, "source").(type) {
	case nil:
		text = "None"
	case string:
		text = value
	case bool:
		text = map[bool]string{true: "True", false: "False"}[value]
	case *big.Int, float64:
		text = fmt.Sprint(value)
	default:
		text = fmt.Sprintf("a simulated %s", strings.TrimPrefix(fmt.Sprintf("%T", value), "nodes."))
	}
	return Result{Shown: map[string]any{"text": []string{text}}}, nil
}
