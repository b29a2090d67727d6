package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestAFolderIsSentInOrderWithoutWhatIsNoImage(t *testing.T) {
	path := t.TempDir()
	for _, name := range []string{"b.PNG", "a.jpg", "notes.txt", "c.webp"} {
		if err := os.WriteFile(filepath.Join(path, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(path, "d.jpg"), 0o700); err != nil {
		t.Fatal(err)
	}
	var sent []string
	err := folder(path, func(image []byte) error { sent = append(sent, string(image)); return nil })
	if err != nil || !reflect.DeepEqual(sent, []string{"a.jpg", "b.PNG", "c.webp"}) {
		t.Errorf("sent %v, %v", sent, err)
	}
	if err := folder(t.TempDir(), nil); err == nil || !strings.Contains(err.Error(), "no JPEG") {
		t.Errorf("got %v", err)
	}
}

// mjpeg serves two pictures, the second one broken off if told so.
func mjpeg(t *testing.T, boundary string, breaks bool) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "multipart/x-mixed-replace; boundary="+boundary)
		_, _ = fmt.Fprint(w, "--frame\r\nContent-Type: image/jpeg\r\n\r\nfirst\r\n--frame\r\n\r\nsecond")
		if !breaks {
			_, _ = fmt.Fprint(w, "\r\n--frame--\r\n")
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestAStreamGivesWholePictures(t *testing.T) {
	for _, boundary := range []string{"frame", "--frame"} {
		for breaks, want := range map[bool][]string{false: {"first", "second"}, true: {"first"}} {
			var sent []string
			err := once(t.Context(), mjpeg(t, boundary, breaks), func(image []byte) error {
				sent = append(sent, string(image))
				return nil
			})
			if err == nil || !reflect.DeepEqual(sent, want) {
				t.Errorf("boundary %s, breaks %v: sent %q, %v", boundary, breaks, sent, err)
			}
		}
	}
}

func TestAStreamThatEndsIsOpenedAgainUntilItsContextEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	sent := 0
	err := stream(ctx, mjpeg(t, "frame", false), func([]byte) error {
		if sent++; sent == 2 {
			cancel()
		}
		return nil
	})
	if ctx.Err() == nil || sent != 2 {
		t.Errorf("%d pictures, %v", sent, err)
	}
	err = stream(t.Context(), mjpeg(t, "frame", false), func([]byte) error { return errors.New("full") })
	if !errors.Is(err, errSend) {
		t.Errorf("got %v", err)
	}
}

func TestAnErrorDoesNotShowThePasswordOfTheCamera(t *testing.T) {
	err := once(t.Context(), "http://user:geheim@127.0.0.1:1/", nil)
	if err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("got %v", err)
	}
	err = once(t.Context(), "http://user:geheim@[::1/", nil)
	if err == nil || strings.Contains(err.Error(), "geheim") {
		t.Errorf("got %v", err)
	}
}
