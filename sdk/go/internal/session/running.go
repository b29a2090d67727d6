package session

import "time"

var began = time.Now()

// running are nanoseconds since the program began, by a clock that is not set.
func running() int64 { return int64(time.Since(began)) }
