package simulator

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"
	"mime/multipart"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/comfyscheduler/comfyscheduler/server/internal/simulator/picture"
)

// uploadImage serves POST /upload/image, for files of any kind. A name that is taken by other content gets a number, so the
// name in the answer is the one to use.
func (s *server) uploadImage(w http.ResponseWriter, r *http.Request) error {
	return s.upload(w, r, func(content []byte) ([]byte, int, error) { return content, http.StatusOK, nil })
}

// uploadMask serves POST /upload/mask: what is kept is the picture that original_ref names, as transparent as the upload.
func (s *server) uploadMask(w http.ResponseWriter, r *http.Request) error {
	return s.upload(w, r, func(content []byte) ([]byte, int, error) {
		var original struct{ Filename, Subfolder, Type string }
		if err := json.Unmarshal([]byte(r.FormValue("original_ref")), &original); err != nil {
			return nil, 0, err
		}
		name, kind := annotated(original.Filename, cmp.Or(original.Type, "output"))
		root, known := s.folders.byType[kind]
		if name == "" || name[0] == '/' || strings.Contains(name, "..") || !known {
			return nil, http.StatusBadRequest, nil
		}
		folder := filepath.Join(root, filepath.FromSlash(original.Subfolder))
		if !inside(root, folder) {
			return nil, http.StatusForbidden, nil
		}
		under, err := os.ReadFile(filepath.Join(folder, filepath.Base(name)))
		if err != nil {
			return nil, 0, err
		}
		masked, err := withTransparency(under, content)
		return masked, http.StatusOK, err
	})
}

// withTransparency gives a picture the transparency of a mask of its size.
func withTransparency(under, mask []byte) ([]byte, error) {
	from, _, err := image.Decode(bytes.NewReader(under))
	if err != nil {
		return nil, err
	}
	over, _, err := image.Decode(bytes.NewReader(mask))
	if err != nil {
		return nil, err
	}
	if from.Bounds().Size() != over.Bounds().Size() {
		return nil, errors.New("images do not match")
	}
	to := image.NewNRGBA(image.Rectangle{Max: from.Bounds().Size()})
	for y := range to.Rect.Dy() {
		for x := range to.Rect.Dx() {
			pixel := color.NRGBAModel.Convert(from.At(from.Bounds().Min.X+x, from.Bounds().Min.Y+y)).(color.NRGBA)
			_, _, _, alpha := over.At(over.Bounds().Min.X+x, over.Bounds().Min.Y+y).RGBA()
			pixel.A = uint8(alpha >> 8)
			to.SetNRGBA(x, y, pixel)
		}
	}
	return picture.EncodePNG(to, nil)
}

// upload keeps what is made of the uploaded file. Another status than 200 is the answer, and nothing is kept.
func (s *server) upload(w http.ResponseWriter, r *http.Request, from func(content []byte) ([]byte, int, error)) error {
	upload, header, err := r.FormFile("image")
	if errors.Is(err, http.ErrMissingFile) {
		return empty(w, http.StatusBadRequest)
	} else if err != nil {
		return err
	}
	defer upload.Close()
	kind := cmp.Or(r.FormValue("type"), "input")
	root, known := s.folders.byType[kind]
	if !known {
		return fmt.Errorf("unknown type %q", kind)
	}
	subfolder := r.FormValue("subfolder")
	folder := filepath.Join(root, filepath.FromSlash(subfolder))
	if filepath.IsAbs(subfolder) || !inside(root, folder) {
		return empty(w, http.StatusBadRequest)
	}
	content, err := io.ReadAll(upload)
	if err != nil {
		return err
	}
	content, status, err := from(content)
	if err != nil {
		return err
	} else if status != http.StatusOK {
		return empty(w, status)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	overwrite := r.FormValue("overwrite")
	name, err := storeUpload(folder, header, content, overwrite == "true" || overwrite == "1")
	if err != nil {
		return err
	}
	return answer(w, http.StatusOK, object{"name": name, "subfolder": subfolder, "type": kind})
}

func storeUpload(folder string, header *multipart.FileHeader, content []byte, overwrite bool) (string, error) {
	name := filepath.Base(header.Filename)
	extension := filepath.Ext(name)
	stem := strings.TrimSuffix(name, extension)
	for i := 1; !overwrite; i++ {
		present, err := os.ReadFile(filepath.Join(folder, name))
		if errors.Is(err, os.ErrNotExist) {
			break
		} else if err != nil {
			return "", err
		}
		if bytes.Equal(present, content) {
			return name, nil
		}
		name = fmt.Sprintf("%s (%d)%s", stem, i, extension)
	}
	return name, os.WriteFile(filepath.Join(folder, name), content, 0o644)
}
