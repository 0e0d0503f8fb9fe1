package tfx

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"google.golang.org/protobuf/encoding/protowire"

	"throughline/integrations/fetch"
	"throughline/models"
)

// server asks a MetadataStoreService by gRPC. Of gRPC only unary calls are needed:
// one length-prefixed message there and back over HTTP/2, the status in the trailer
// (grpc/grpc, doc/PROTOCOL-HTTP2.md). So the guarded client serves.
type server struct {
	client *http.Client
	base   string
}

const (
	answerLimit = 100 << 20 // Kubeflow's servers send up to that
	pageSize    = 100       // the most that the store gives at once
)

func (s *Source) server(ctx context.Context, at address) (store, error) {
	out := &server{client: s.out.HTTP(), base: "https://" + at.host}
	if at.scheme == "grpc" {
		out.client = s.out.Plain2(fetch.Options{Timeout: time.Minute, MaxBytes: answerLimit, UserAgent: "Throughline"})
		out.base = "http://" + at.host
	}
	_, err := out.call(ctx, "GetContextTypes", nil)
	return out, err
}

func (s *server) close() { s.client.CloseIdleConnections() }

// call makes one call; the message of the answer comes back.
func (s *server) call(ctx context.Context, method string, body []byte) ([]byte, error) {
	frame := binary.BigEndian.AppendUint32([]byte{0}, uint32(len(body))) // #nosec G115 -- requests are small
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+"/ml_metadata.MetadataStoreService/"+method, bytes.NewReader(append(frame, body...)))
	if err != nil {
		return nil, wrong("That is no address of a gRPC server.")
	}
	request.Header.Set("Content-Type", "application/grpc")
	request.Header.Set("TE", "trailers")
	answer, err := s.client.Do(request)
	if err != nil {
		return nil, models.Errorf(models.Unprocessed, "The metadata server cannot be asked: %w.", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, models.Errorf(models.Unprocessed, "The metadata server's answer to %s broke off: %w.", method, err)
	}
	if err := status(answer, method); err != nil {
		return nil, err
	}
	if len(text) < 5 || text[0] != 0 || int(binary.BigEndian.Uint32(text[1:5])) != len(text)-5 {
		return nil, models.Errorf(models.Unprocessed, "The metadata server's answer to %s is no gRPC message.", method)
	}
	return text[5:], nil
}

// status is nil for the status OK, which stands in the trailer, or in the header
// where there is no message.
func status(answer *http.Response, method string) error {
	code, words := answer.Trailer.Get("Grpc-Status"), answer.Trailer.Get("Grpc-Message")
	if code == "" {
		code, words = answer.Header.Get("Grpc-Status"), answer.Header.Get("Grpc-Message")
	}
	if answer.StatusCode == http.StatusOK && code == "0" {
		return nil
	}
	if unescaped, err := url.PathUnescape(words); err == nil {
		words = unescaped
	}
	return models.Errorf(models.Unprocessed, "The metadata server answers %s with HTTP %d, gRPC status %s: %s", method, answer.StatusCode, orElse(code, "none"), clean(words, 300))
}

func (s *server) changed(ctx context.Context, since mark, n int) (out []change, err error) {
	order := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), 2) // LAST_UPDATE_TIME
	order = protowire.AppendVarint(protowire.AppendTag(order, 2, protowire.VarintType), 1)
	token := ""
	for len(out) < n {
		options := protowire.AppendVarint(protowire.AppendTag(nil, 1, protowire.VarintType), pageSize)
		options = protowire.AppendBytes(protowire.AppendTag(options, 2, protowire.BytesType), order)
		if token != "" {
			options = protowire.AppendString(protowire.AppendTag(options, 3, protowire.BytesType), token)
		}
		options = protowire.AppendString(protowire.AppendTag(options, 4, protowire.BytesType), "last_update_time_since_epoch >= "+strconv.FormatInt(since.At, 10))
		answer, err := s.call(ctx, "GetExecutions", protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), options))
		if err != nil {
			return nil, err
		}
		token = ""
		for _, f := range parse(answer) {
			switch f.number {
			case 1:
				e := thingOf(f.bytes, executionFields).thing
				if m := (mark{e.Updated, e.ID}); m.At > since.At || m.At == since.At && m.ID > since.ID {
					out = append(out, change{m})
				}
			case 2:
				token = string(f.bytes)
			}
		}
		if token == "" {
			break
		}
	}
	sortChanges(out)
	return out[:min(len(out), n)], nil
}

func (s *server) contexts(ctx context.Context, executions []int64) (map[int64][]grouping, error) {
	out := map[int64][]grouping{}
	for _, id := range executions {
		answer, err := s.call(ctx, "GetContextsByExecution", varint(1, id))
		if err != nil {
			return nil, err
		}
		for _, f := range parse(answer) {
			if f.number == 1 {
				out[id] = append(out[id], grouping{thingOf(f.bytes, contextFields).thing})
			}
		}
	}
	return out, nil
}

func (s *server) executions(ctx context.Context, within int64, n int) (out []execution, err error) {
	for token := ""; len(out) < n; {
		options := varint(1, pageSize) // by default the newest come first
		if token != "" {
			options = protowire.AppendString(protowire.AppendTag(options, 3, protowire.BytesType), token)
		}
		answer, err := s.call(ctx, "GetExecutionsByContext", protowire.AppendBytes(protowire.AppendTag(varint(1, within), 2, protowire.BytesType), options))
		if err != nil {
			return nil, err
		}
		token = ""
		for _, f := range parse(answer) {
			if f.number == 1 {
				out = append(out, execution{thingOf(f.bytes, executionFields).thing})
			} else if f.number == 2 {
				token = string(f.bytes)
			}
		}
		if token == "" {
			break
		}
	}
	return out, nil
}

func (s *server) events(ctx context.Context, executions []int64) (out []event, err error) {
	for ; len(executions) > 0; executions = executions[min(len(executions), pageSize):] {
		answer, err := s.call(ctx, "GetEventsByExecutionIDs", varint(1, executions[:min(len(executions), pageSize)]...))
		if err != nil {
			return nil, err
		}
		for _, f := range parse(answer) {
			if f.number == 1 {
				out = append(out, eventOf(f.bytes))
			}
		}
	}
	return out, nil
}

func (s *server) artifacts(ctx context.Context, ids []int64) (out []artifact, err error) {
	for ; len(ids) > 0; ids = ids[min(len(ids), pageSize):] {
		answer, err := s.call(ctx, "GetArtifactsByID", varint(1, ids[:min(len(ids), pageSize)]...))
		if err != nil {
			return nil, fmt.Errorf("artifacts: %w", err)
		}
		for _, f := range parse(answer) {
			if f.number == 1 {
				out = append(out, thingOf(f.bytes, artifactFields))
			}
		}
	}
	return out, nil
}
