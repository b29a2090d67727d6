package session

import (
	"testing"
	"time"
)

func TestARateIsOfTheLastTenSeconds(t *testing.T) {
	began := time.Now()
	at := func(seconds float64) time.Time { return began.Add(time.Duration(seconds * float64(time.Second))) }
	m := NewRateMeter(began)
	m.Add(10, at(0.5))
	expect(t, m.Rate(at(0.6)), 10.0)
	expect(t, m.Rate(at(5)), 2.0)
	m.Add(10, at(6))
	expect(t, m.Rate(at(9.5)), 20/9.5)
	expect(t, m.Rate(at(12)), 1.0)
	expect(t, m.Rate(at(17.5)), 0.0)
	m.Add(5, at(1e6))
	expect(t, m.Rate(at(1e6)), 0.5)
}
