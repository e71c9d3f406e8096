package benchload

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"strconv"
	"sync/atomic"
	"time"
)

// turns gives out questions in turn, over all connections.
type turns struct {
	questions [][]byte
	given     atomic.Uint64
}

func (t *turns) next() []byte {
	return t.questions[(t.given.Add(1)-1)%uint64(len(t.questions))]
}

// exchange asks on one connection, one question at a time.
type exchange struct {
	connection net.Conn
	questions  *turns
	reader     *bufio.Reader
	times      []time.Duration
	failure    error
}

const readBuffer = 64 << 10

func newExchange(connection net.Conn, questions *turns) *exchange {
	return &exchange{connection: connection, questions: questions, reader: bufio.NewReaderSize(connection, readBuffer)}
}

// askUntil asks again as soon as it is answered.
func (e *exchange) askUntil(ctx context.Context) {
	deadline, _ := ctx.Deadline()
	for now := time.Now(); e.failure == nil && now.Before(deadline); now = time.Now() {
		e.ask(now)
	}
}

// askWhenDue times each answer from when its question was due, so that a server that stalls is charged for all that it held up.
func (e *exchange) askWhenDue(due <-chan time.Time) {
	for at := range due {
		if e.failure != nil {
			return
		}
		e.ask(at)
	}
}

func (e *exchange) ask(since time.Time) {
	if _, e.failure = e.connection.Write(e.questions.next()); e.failure != nil {
		return
	}
	if e.failure = e.readAnswer(); e.failure == nil {
		e.times = append(e.times, time.Since(since))
	}
}

var (
	lengthName = []byte("content-length:")
	codingName = []byte("transfer-encoding:")
	chunked    = []byte("chunked")
)

// readAnswer reads an answer to its end and forgets it. Anything but 200 is an error.
func (e *exchange) readAnswer() error {
	line, err := e.reader.ReadSlice('\n')
	if err != nil {
		return err
	}
	if fields := bytes.Fields(line); len(fields) < 2 || string(fields[1]) != "200" {
		return fmt.Errorf("the answer is %q", bytes.TrimSpace(line))
	}
	length, isChunked := int64(-1), false
	for {
		if line, err = e.reader.ReadSlice('\n'); err != nil {
			return err
		}
		if line = bytes.TrimSpace(line); len(line) == 0 {
			break
		}
		if value, found := cutName(line, lengthName); found {
			if length, err = strconv.ParseInt(string(value), 10, 64); err != nil {
				return err
			}
		} else if value, found := cutName(line, codingName); found {
			isChunked = bytes.EqualFold(value, chunked)
		}
	}
	if isChunked {
		if _, err = io.Copy(io.Discard, httputil.NewChunkedReader(e.reader)); err != nil {
			return err
		}
		_, err = e.reader.Discard(len("\r\n")) // behind the last chunk; there are no trailers
		return err
	}
	if length < 0 {
		return errors.New("the answer has no length")
	}
	_, err = io.CopyN(io.Discard, e.reader, length)
	return err
}

func cutName(line, name []byte) ([]byte, bool) {
	if len(line) < len(name) || !bytes.EqualFold(line[:len(name)], name) {
		return nil, false
	}
	return bytes.TrimSpace(line[len(name):]), true
}
