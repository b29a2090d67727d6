package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// folder gives the images of a folder to send, in the order of their names.
func folder(path string, send func([]byte) error) error {
	entries, err := os.ReadDir(path)
	if err != nil {
		return err
	}
	sent := 0
	for _, entry := range entries {
		switch strings.ToLower(filepath.Ext(entry.Name())) {
		case ".jpg", ".jpeg", ".png", ".webp":
		default:
			continue
		}
		image, err := os.ReadFile(filepath.Join(path, entry.Name()))
		if err != nil { // one that cannot be read is no reason to leave the others
			fmt.Fprintln(os.Stderr, "push: left out:", err)
			continue
		}
		if err := send(image); err != nil {
			return err
		}
		sent++
	}
	if sent == 0 {
		return fmt.Errorf("no JPEG, PNG or WebP in %s", path)
	}
	return nil
}
