package spool

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

const (
	sessionName = "session"
	version     = "1"

	// reservedAtOnce is one sync for as many frames, and a gap of as many at most after a power cut.
	reservedAtOnce = 4096

	noBoot = "-"
)

var (
	sessionID = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
	digits    = regexp.MustCompile(`^[0-9]+$`)
)

type sessionFile struct {
	session  string
	reserved uint64 // no frame has a number above this one
	boot     string // of the start of the machine that wrote it
}

// bootID is another one after each start of the machine; noBoot where it has none.
func bootID() string {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if id := strings.TrimSpace(string(text)); err == nil && id != "" {
		return id
	}
	return noBoot
}

func newSessionFile(boot string) sessionFile {
	var random [16]byte
	rand.Read(random[:]) // never fails
	return sessionFile{hex.EncodeToString(random[:]), reservedAtOnce, boot}
}

// readSession reads the session of a folder; false if the folder is new.
func readSession(folder string) (sessionFile, bool, error) {
	text, err := os.ReadFile(filepath.Join(folder, sessionName))
	if errors.Is(err, fs.ErrNotExist) {
		return sessionFile{}, false, nil
	}
	if err != nil {
		return sessionFile{}, false, err
	}
	found, err := parseSession(string(text))
	if err != nil {
		return sessionFile{}, false, fmt.Errorf("the spool %s %w", folder, err)
	}
	return found, true, nil
}

func parseSession(text string) (sessionFile, error) {
	lines := map[string]string{}
	for line := range strings.Lines(text) {
		if name, value, two := strings.Cut(strings.TrimSuffix(line, "\n"), " "); two {
			lines[name] = value
		}
	}
	if of, told := lines["framemesh-spool"]; told && of != version {
		return sessionFile{}, fmt.Errorf("is of version %s: update the SDK, or choose another folder", of)
	}
	reserved, err := strconv.ParseUint(lines["reserved"], 10, 64)
	whole := lines["framemesh-spool"] == version && err == nil && digits.MatchString(lines["reserved"])
	if !whole || !sessionID.MatchString(lines["session"]) {
		return sessionFile{}, errors.New("has a damaged session: move it away to begin a new one")
	}
	boot, told := lines["boot"]
	if !told {
		boot = noBoot
	}
	return sessionFile{lines["session"], reserved, boot}, nil
}

// replaceSession is on the disk when it returns, and was there as a whole at every moment.
func replaceSession(folder string, content sessionFile) error {
	text := fmt.Sprintf("framemesh-spool %s\nsession %s\nreserved %d\nboot %s\n", version, content.session,
		content.reserved, content.boot)
	path := filepath.Join(folder, sessionName)
	file, err := os.OpenFile(path+".new", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err == nil {
		err = file.Sync()
	}
	if err := errors.Join(err, file.Close()); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	return syncFolder(folder)
}

// syncFolder puts the names in a folder on the disk.
func syncFolder(path string) error {
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
