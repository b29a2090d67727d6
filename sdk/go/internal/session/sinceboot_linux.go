package session

import "golang.org/x/sys/unix"

// SinceBoot are nanoseconds, also of the time that the machine slept.
func SinceBoot() int64 {
	var now unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_BOOTTIME, &now); err != nil {
		return running()
	}
	return now.Nano()
}
