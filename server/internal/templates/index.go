package templates

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	indexPath  = "/templates/index.json"
	packsPath  = "/api/workflow_templates"
	indexLimit = 8 << 20 // bytes of either

	maxTemplates   = 5000
	maxName        = 200 // bytes
	maxTitle       = 200 // characters
	maxDescription = 1000
	maxTag         = 50
	maxTags        = 20
)

// parseIndex reads ComfyUI's own collection: a list of sections. What cannot be read is left out: packages of templates go ahead of
// what is known of them.
func parseIndex(data []byte) (found []Template) {
	var sections []json.RawMessage
	if json.Unmarshal(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), &sections) != nil {
		return nil
	}
	seen := map[string]bool{}
	for _, raw := range sections {
		var section struct {
			Module    string            `json:"moduleName"`
			Title     string            `json:"title"`
			Templates []json.RawMessage `json:"templates"`
		}
		if json.Unmarshal(raw, &section) != nil || section.Module != "default" && section.Module != "" {
			continue
		}
		for _, raw := range section.Templates {
			t, ok := parseTemplate(raw)
			if !ok || seen[t.Name] { // some stand in several sections
				continue
			}
			seen[t.Name] = true
			t.Category = cut(section.Title, maxTitle)
			found = append(found, t)
		}
	}
	return found
}

func parseTemplate(raw json.RawMessage) (Template, bool) {
	var v struct {
		Name        string   `json:"name"`
		Title       string   `json:"title"`
		Description string   `json:"description"`
		MediaType   string   `json:"mediaSubtype"`
		Tags        []string `json:"tags"`
		OpenSource  *bool    `json:"openSource"` // written OpenSource by some versions
	}
	if json.Unmarshal(raw, &v) != nil || !isName(v.Name) {
		return Template{}, false
	}
	path := "/templates/" + url.PathEscape(v.Name)
	t := Template{
		Name:        v.Name,
		Title:       cut(cmp.Or(v.Title, v.Name), maxTitle),
		Description: cut(v.Description, maxDescription),
		Tags:        cutAll(v.Tags),
		Paid:        v.OpenSource != nil && !*v.OpenSource || strings.HasPrefix(v.Name, "api_") || slices.Contains(v.Tags, "API"),
		file:        path + ".json",
	}
	if pictureTypes[strings.ToLower(v.MediaType)] {
		t.picture = path + "-1." + v.MediaType
	}
	return t, true
}

// pictureTypes are the endings of thumbnails that are pictures; others are sounds and videos.
var pictureTypes = map[string]bool{"webp": true, "png": true, "jpg": true, "jpeg": true, "gif": true}

// parsePacks reads the examples of node packs: their names by pack.
func parsePacks(data []byte) (found []Template) {
	var packs map[string][]string
	if json.Unmarshal(data, &packs) != nil {
		return nil
	}
	for _, pack := range slices.Sorted(maps.Keys(packs)) {
		for _, name := range packs[pack] {
			if !isName(pack) || !isName(name) {
				continue
			}
			path := packsPath + "/" + url.PathEscape(pack) + "/" + url.PathEscape(name)
			found = append(found, Template{
				Name:     pack + "/" + name,
				Title:    cut(strings.ReplaceAll(name, "_", " "), maxTitle),
				Category: cut(pack, maxTitle),
				Pack:     pack,
				file:     path + ".json",
				picture:  path + ".jpg",
			})
		}
	}
	return slices.CompactFunc(found, func(a, b Template) bool { return a.Name == b.Name })
}

// isName reports whether a name is one of a file that can be asked for, without folders.
func isName(name string) bool {
	return name != "" && name != "." && name != ".." && len(name) <= maxName/2-1 && utf8.ValidString(name) &&
		!strings.ContainsFunc(name, func(r rune) bool { return r == '/' || r == '\\' || !unicode.IsPrint(r) })
}

// cut makes a text of one line with at most so many characters.
func cut(text string, limit int) string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "")), " ")
	if utf8.RuneCountInString(text) <= limit {
		return text
	}
	return string([]rune(text)[:limit-1]) + "…"
}

func cutAll(tags []string) (cutTags []string) {
	for _, tag := range tags[:min(len(tags), maxTags)] {
		if tag = cut(tag, maxTag); tag != "" {
			cutTags = append(cutTags, tag)
		}
	}
	return cutTags
}
