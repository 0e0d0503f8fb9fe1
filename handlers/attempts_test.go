package handlers

import (
	"fmt"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"throughline/models"
)

// clock is a time that stands still until it is moved.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

func guesses(c *clock, a *attempts, keys ...string) (admitted int) {
	for range 100 {
		if a.take(keys) {
			admitted++
		}
	}
	return admitted
}

func newClock() *clock { return &clock{at: time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)} }

func TestTenGuessesAreFreeThenOneComesBackEverySixSeconds(t *testing.T) {
	c := newClock()
	a := newAttempts(c.now)
	require.Equal(t, 10, guesses(c, a, "ip 192.0.2.7"))
	require.Equal(t, 10, guesses(c, a, "ip 192.0.2.8"), "another address has its own")
	c.at = c.at.Add(5 * time.Second)
	require.Zero(t, guesses(c, a, "ip 192.0.2.7"))
	c.at = c.at.Add(time.Second)
	require.Equal(t, 1, guesses(c, a, "ip 192.0.2.7"))
	c.at = c.at.Add(time.Minute)
	require.Equal(t, 10, guesses(c, a, "ip 192.0.2.7"))
}

// Waits for one account grow, but end at a minute: nobody is locked out for good.
func TestWaitsGrowUpToAMinute(t *testing.T) {
	c := newClock()
	a := newAttempts(c.now)
	guesses(c, a, "account dana@example.com")
	var waits []string
	for range 7 {
		began := c.at
		for !a.take([]string{"account dana@example.com"}) {
			c.at = c.at.Add(time.Second)
		}
		waits = append(waits, c.at.Sub(began).String())
	}
	require.Equal(t, []string{"6s", "12s", "24s", "48s", "1m0s", "1m0s", "1m0s"}, waits)
	c.at = c.at.Add(2 * time.Hour)
	require.Equal(t, 10, guesses(c, a, "account dana@example.com"), "a quiet hour is forgiving")
}

func TestSuccessesDoNotCount(t *testing.T) {
	c := newClock()
	a := newAttempts(c.now)
	for range 100 {
		require.True(t, a.take([]string{"ip 192.0.2.7", "account dana@example.com"}))
		a.giveBack([]string{"ip 192.0.2.7", "account dana@example.com"})
	}
	require.False(t, a.spent([]string{"ip 192.0.2.7"}))
	require.Equal(t, 10, guesses(c, a, "ip 192.0.2.7"))
}

func TestARefusedGuessCountsNowhere(t *testing.T) {
	c := newClock()
	a := newAttempts(c.now)
	guesses(c, a, "ip 192.0.2.7")
	require.Zero(t, guesses(c, a, "ip 192.0.2.7", "account dana@example.com"))
	require.Equal(t, 10, guesses(c, a, "account dana@example.com"))
}

// A subscriber has a whole /64 of IPv6 addresses, and can spell an IPv4 one as IPv6.
func TestAddressesOfOneSubscriberAreOne(t *testing.T) {
	c := newClock()
	a := newAttempts(c.now)
	admitted := 0
	for i := range 100 {
		if a.take([]string{fmt.Sprintf("ip 2001:db8:1:2::%x", i+1)}) {
			admitted++
		}
	}
	require.Equal(t, 10, admitted)
	require.True(t, a.take([]string{"ip 2001:db8:1:3::1"}), "the next /64 is somebody else")
	guesses(c, a, "ip 192.0.2.7")
	require.False(t, a.take([]string{"ip ::ffff:192.0.2.7"}))
	require.Equal(t, "dana@example.com 2001:db8:1:2::/64", network("dana@example.com 2001:db8:1:2::9%eth0"))
}

// A limiter with bounded memory must not be emptied by filling it.
func TestFillingTheLimiterDoesNotEmptyIt(t *testing.T) {
	c := newClock()
	a := newAttempts(c.now)
	guesses(c, a, "account dana@example.com")
	for i := range attemptsKeys - 1 {
		a.take([]string{fmt.Sprintf("account p%d@example.com", i)})
		a.take([]string{fmt.Sprintf("ip 10.%d.%d.%d", i>>16, i>>8&255, i&255)})
	}
	require.False(t, a.take([]string{"account dana@example.com"}), "the flood took its room")
	for i := range 2 * attemptsKeys {
		a.take([]string{fmt.Sprintf("account q%d@example.com", i)})
		if i%1000 == 0 {
			require.False(t, a.take([]string{"account dana@example.com"}), "who is being guessed at is not forgotten")
		}
	}
	require.LessOrEqual(t, a.kinds["account"].order.Len(), attemptsKeys)
	require.Equal(t, a.kinds["account"].order.Len(), len(a.kinds["account"].at))
}

// Row 44: no header buys more guesses.
func TestNoHeaderBuysGuesses(t *testing.T) {
	s := newSite(t)
	s.person("ana@example.com", models.Viewer)
	b := s.browser()
	statuses := map[int]int{}
	for i := range 100 {
		fake := fmt.Sprintf("10.0.%d.%d", i/250, i%250+1)
		a := b.post("/login", url.Values{"email": {fmt.Sprintf("p%d@example.com", i)}, "password": {"wrong"}},
			"X-Forwarded-For", fake, "X-Real-IP", fake, "Forwarded", "for="+fake, "CF-Connecting-IP", fake)
		statuses[a.status]++
	}
	require.Equal(t, 100, statuses[401]+statuses[429])
	require.InDelta(t, 10, statuses[401], 1, "one may come back on a slow machine: %v", statuses)
	require.Equal(t, "60", b.post("/login", url.Values{"email": {"ana@example.com"}, "password": {"wrong"}}).header.Get("Retry-After"))
}

// Row 44: strangers who guess at an account do not keep its person out.
func TestGuessersDoNotLockOut(t *testing.T) {
	s := newSite(t, trusting("127.0.0.1/32"))
	s.person("ana@example.com", models.Viewer)
	require.Equal(t, 303, s.from("192.0.2.7", "correct horse battery").status)
	for i := range 30 {
		s.from(fmt.Sprintf("198.51.100.%d", i+1), "wrong")
	}
	require.Equal(t, 429, s.from("203.0.113.9", "correct horse battery").status, "a new place has to wait")
	require.Equal(t, 303, s.from("192.0.2.7", "correct horse battery").status, "where she signed in before she does not")
}

// from tries to sign in ana through a proxy that says who asks.
func (s *site) from(address, password string) answer {
	return s.browser().post("/login", url.Values{"email": {"ana@example.com"}, "password": {password}}, "X-Forwarded-For", address)
}

// Row 44: the time of an answer does not tell whether there is an account.
func TestTimeDoesNotTellWhoHasAnAccount(t *testing.T) {
	s := newSite(t)
	s.person("ana@example.com", models.Viewer)
	try := func(email string) float64 {
		began := time.Now()
		_, err := s.store.Authenticate(t.Context(), email, "wrong horse battery")
		require.Equal(t, models.Unauthorised, models.CodeOf(err))
		return time.Since(began).Seconds()
	}
	var ratios []float64
	for range 25 {
		known, unknown := try("ana@example.com"), try("nobody@example.com")
		ratios = append(ratios, known/unknown)
		unknown, known = try("nobody@example.com"), try("ana@example.com")
		ratios = append(ratios, known/unknown)
	}
	slices.Sort(ratios)
	median := ratios[len(ratios)/2]
	t.Logf("known / unknown, median of %d pairs: %.3f", len(ratios), median)
	require.InDelta(t, 1, median, 0.3, "generous for busy machines; less than 0.1 is what is promised on a quiet one")
}
