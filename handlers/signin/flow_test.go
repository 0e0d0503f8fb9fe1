package signin

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Row 43: an answer belongs to one provider, one browser, one moment.
func TestAFlowComesBackOnceAndInTime(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	flows, err := NewFlows(func() time.Time { return now })
	require.NoError(t, err)
	f := NewFlow("oidc", "/b/BAR", now)
	cookie, err := flows.Seal(f)
	require.NoError(t, err)
	for name, refused := range map[string][3]string{
		"the answer of another provider": {cookie, "github", f.State},
		"another state":                  {cookie, "oidc", NewFlow("oidc", "/", now).State},
		"no state":                       {cookie, "oidc", ""},
		"an altered cookie":              {"A" + cookie[1:len(cookie)-1] + "A", "oidc", f.State},
		"a cookie of nobody's making":    {"e30", "oidc", f.State},
	} {
		_, err := flows.Return(refused[0], refused[1], refused[2])
		require.Error(t, err, name)
	}
	back, err := flows.Return(cookie, "oidc", f.State)
	require.NoError(t, err)
	require.Equal(t, f, back)
	_, err = flows.Return(cookie, "oidc", f.State)
	require.ErrorContains(t, err, "came back before")
	late := NewFlow("oidc", "/", now)
	cookie, err = flows.Seal(late)
	require.NoError(t, err)
	now = now.Add(FlowLife)
	_, err = flows.Return(cookie, "oidc", late.State)
	require.ErrorContains(t, err, "too late")
}
