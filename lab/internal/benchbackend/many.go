package benchbackend

import (
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// respondMany answers a list of ?bytes=N or more, or with ?watch=true&everyMs=N an event each N ms until the client goes.
func respondMany(w http.ResponseWriter, r *http.Request, large, small []byte) {
	query := r.URL.Query()
	number := func(name string) int {
		value, _ := strconv.Atoi(query.Get(name)) // absent or wrong is 0, which both accept
		return value
	}
	w.Header().Set("Content-Type", "application/json")
	if query.Get("watch") == "true" {
		watch(w, r, small, time.Duration(max(1, number("everyMs")))*time.Millisecond)
	} else {
		list(w, large, number("bytes"))
	}
}

// list streams without a length, as kube-apiserver does, and holds one item only.
func list(w io.Writer, item []byte, bytes int) {
	_, err := io.WriteString(w, `{"kind":"ConfigMapList","apiVersion":"v1","metadata":{"resourceVersion":"1"},"items":[`)
	separator := ""
	for sent := 0; sent < bytes && err == nil; sent += len(item) {
		if _, err = io.WriteString(w, separator); err == nil {
			_, err = w.Write(item)
		}
		separator = ","
	}
	_, _ = io.WriteString(w, "]}") // the client is gone: nobody is left to tell
}

// watch begins at a random point of the period, so that many watches spread their events. Each event says when it was sent, in
// microseconds since 1970.
func watch(w http.ResponseWriter, r *http.Request, object []byte, period time.Duration) {
	flusher := http.NewResponseController(w)
	if flusher.Flush() != nil {
		return
	}
	timer := time.NewTimer(rand.N(period))
	defer timer.Stop()
	for {
		select {
		case <-r.Context().Done():
			return
		case <-timer.C:
			timer.Reset(period)
			if _, err := fmt.Fprintf(w, `{"type":"MODIFIED","sentAt":%d,"object":%s}`+"\n", time.Now().UnixMicro(), object); err != nil {
				return
			}
			if flusher.Flush() != nil {
				return
			}
		}
	}
}
