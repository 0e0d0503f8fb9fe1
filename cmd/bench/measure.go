package main

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// median of what several rounds gave.
func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

// quantile of durations, between 0 and 1.
func quantile(list []time.Duration, q float64) time.Duration {
	slices.Sort(list)
	return list[min(len(list)-1, int(q*float64(len(list))))]
}

// rate is how often per second so many workers together complete do, within a
// window of time.
func rate(window time.Duration, workers int, do func(worker, n int) error) (float64, error) {
	var done atomic.Int64
	var failed atomic.Pointer[error]
	var group sync.WaitGroup
	began := time.Now()
	for w := range workers {
		group.Go(func() { // ends with the window
			for n := 0; time.Since(began) < window; n++ {
				if err := do(w, n); err != nil {
					failed.CompareAndSwap(nil, &err)
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return float64(done.Load()) / time.Since(began).Seconds(), nil
}

// times are how long calls took.
type times []time.Duration

// take adds so many calls of do, one after another.
func (t *times) take(calls int, do func(n int) error) error {
	for n := range calls {
		began := time.Now()
		if err := do(n); err != nil {
			return err
		}
		*t = append(*t, time.Since(began))
	}
	return nil
}

func perSecond(v float64) string { return fmt.Sprintf("%.0f/s", v) }

func millis(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

// pairs collects a value and its limit over the rounds; ratios are taken round by
// round, because both saw the same moment of the machine.
type pairs struct{ values, limits, ratios []float64 }

func (p *pairs) add(value, limit float64) {
	p.values = append(p.values, value)
	p.limits = append(p.limits, limit)
	p.ratios = append(p.ratios, value/limit)
}

func (p *pairs) row(name string, goal float64, atLeast bool, show func(float64) string) row {
	return row{name: name, value: show(median(p.values)), limit: show(median(p.limits)), ratio: median(p.ratios), goal: goal, atLeast: atLeast}
}

func duration(v float64) string { return millis(time.Duration(v)) }
