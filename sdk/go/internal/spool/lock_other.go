//go:build !unix

package spool

import (
	"errors"
	"os"
)

func lock(string) (*os.File, error) {
	return nil, errors.New("this system has no flock, which a spool on disk needs")
}
