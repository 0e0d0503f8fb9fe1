package handlers

import (
	"context"
	"io"
	"time"

	"github.com/gin-gonic/gin"

	"throughline/handlers/mlflow"
)

// Limits of artifacts that are on their way. Training scripts send many at once, and
// a refused one costs them a pause: here they wait for their turn.
const (
	artifactsOfOne = 16               // of one person or token
	artifactWait   = 20 * time.Second // for a turn
	artifactAgain  = 50 * time.Millisecond
	artifactRest   = 30 * time.Second // to send what was refused
)

// takeArtifact answers a call whose body is an artifact, when it is its turn.
func (h *Handlers) takeArtifact(c *gin.Context, r mlflow.Route, call *mlflow.Call) error {
	leave, err := h.logging.wait(call, call.By.Actor())
	if err != nil {
		return err
	}
	defer leave()
	if err = r.Serve(call); err != nil {
		refuseArtifact(c)
	}
	return err
}

// refuseArtifact reads the rest of what was refused: a client that is still sending
// would see a cut connection, and send it all again several times.
func refuseArtifact(c *gin.Context) {
	if l, ok := c.Request.Body.(*slowly); ok {
		l.rest(artifactRest)
		_, _ = io.Copy(io.Discard, l)
	}
}

// wait is enter, a while later when there is no place yet.
func (t *turnstile) wait(ctx context.Context, who string) (leave func(), err error) {
	ctx, cancel := context.WithTimeout(ctx, artifactWait)
	defer cancel()
	again := time.NewTicker(artifactAgain)
	defer again.Stop()
	for {
		if leave, err = t.enter(who); err == nil {
			return leave, nil
		}
		select {
		case <-again.C:
		case <-ctx.Done():
			return nil, err
		}
	}
}
