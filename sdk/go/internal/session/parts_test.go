package session

import (
	"strings"
	"testing"
	"time"
)

func TestPausesGrowAreSpreadAndAreShortAgainAfterProgress(t *testing.T) {
	now := time.Unix(0, 0)
	r := NewReconnect(1, time.Second)
	r.random = func() float64 { return 1 }
	r.Opened()
	var pauses []time.Duration
	for range 7 {
		pause, again := r.Pause(now)
		expect(t, again, true)
		pauses = append(pauses, pause)
	}
	ms := time.Millisecond
	expect(t, pauses, []time.Duration{100 * ms, 200 * ms, 400 * ms, 800 * ms, 1600 * ms, 2000 * ms, 2000 * ms})
	r.Progressed()
	r.random = func() float64 { return 0 }
	pause, _ := r.Pause(now)
	expect(t, pause, 50*ms)
}

func TestPausesGrowOnceAllAddressesWereTried(t *testing.T) {
	r := NewReconnect(3, time.Second)
	r.random = func() float64 { return 1 }
	for _, want := range []time.Duration{100, 100, 100, 200} {
		pause, _ := r.Pause(time.Unix(0, 0))
		expect(t, pause, want*time.Millisecond)
	}
}

func TestTheFirstConnectionHasADeadlineAndLaterOnesHaveNone(t *testing.T) {
	now := time.Unix(0, 0)
	r := NewReconnect(1, time.Second)
	r.Start(now)
	expect(t, r.OpeningTimeout(now), time.Second)
	pause, again := r.Pause(now.Add(990 * time.Millisecond))
	expect(t, again, true)
	expect(t, pause, 10*time.Millisecond)
	_, again = r.Pause(now.Add(time.Second))
	expect(t, again, false)
	r.Opened()
	expect(t, r.OpeningTimeout(now.Add(time.Hour)), 10*time.Second)
	_, again = r.Pause(now.Add(time.Hour))
	expect(t, again, true)
}

func TestHeadersThatIngestWouldNotTakeAreNamed(t *testing.T) {
	for _, bad := range []map[string]string{
		{"a b": "1"}, {"": "1"}, {"a:": "1"}, {"Nats-Msg-Id": "1"}, {"framemesh-x": "1"}, {"a": ""},
		{"a": "ä"}, {"a": " 1"}, {"a": "1\n"}, {"a\n": "1"}, {"a": strings.Repeat("x", 396)},
	} {
		if _, err := CheckHeaders(bad); err == nil {
			t.Errorf("%q are taken", bad)
		}
	}
	good, err := CheckHeaders(map[string]string{"traceparent": "00-1", "lane": "3 b"})
	expect(t, err, nil)
	expect(t, good, []Header{{"lane", "3 b"}, {"traceparent", "00-1"}})
	_, err = CheckHeaders(map[string]string{"a": strings.Repeat("x", 395)})
	expect(t, err, nil)
}
