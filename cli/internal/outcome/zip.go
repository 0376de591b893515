package outcome

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// missing is the file in a zip of results that tells, a line each, which are not in it.
const missing = "NOT-IN-THIS-ARCHIVE.txt"

// SaveZip writes a zip of results to a file, which appears at once and whole, and returns what the zip says is not in it. A file that
// exists is not overwritten.
func SaveZip(content io.Reader, file string) (absent []string, err error) {
	dir := filepath.Dir(file)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	if err := write(root, filepath.Base(file), content); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return absentFrom(file)
}

func absentFrom(file string) (lines []string, err error) {
	archive, err := zip.OpenReader(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	defer func() { _ = archive.Close() }()
	for _, f := range archive.File {
		if f.Name != missing {
			continue
		}
		content, err := f.Open()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		defer func() { _ = content.Close() }()
		for scanner := bufio.NewScanner(content); scanner.Scan(); {
			lines = append(lines, scanner.Text())
		}
	}
	return lines, nil
}
