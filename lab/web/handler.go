package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"
)

// newHandler serves:
//
//	/               {"version", "hostname"}
//	/healthz        200, or 500 while told to fail
//	/fail?for=10s   makes /healthz fail for that time
//	/burn?for=10s   keeps one core busy, answers afterwards
//	/log?line=text  writes the line to stdout
//	/env            the environment as a JSON object
func newHandler() http.Handler {
	var failsUntil atomic.Int64 // nanoseconds since 1970
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "unknown"
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, map[string]string{"version": os.Getenv("VERSION"), "hostname": hostname})
	})
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		if time.Now().UnixNano() < failsUntil.Load() {
			http.Error(w, "told to fail", http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("/fail", withDuration(func(w http.ResponseWriter, d time.Duration) {
		failsUntil.Store(time.Now().Add(d).UnixNano())
		fmt.Fprintln(w, "failing for", d)
	}))
	mux.HandleFunc("/burn", withDuration(func(w http.ResponseWriter, d time.Duration) {
		for end := time.Now().Add(d); time.Now().Before(end); {
		}
		fmt.Fprintln(w, "burnt for", d)
	}))
	mux.HandleFunc("/log", func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.URL.Query().Get("line"))
		fmt.Fprintln(w, "logged")
	})
	mux.HandleFunc("/env", func(w http.ResponseWriter, _ *http.Request) {
		environment := map[string]string{}
		for _, pair := range os.Environ() {
			name, value, _ := strings.Cut(pair, "=")
			environment[name] = value
		}
		writeJSON(w, environment)
	})
	return mux
}

func withDuration(act func(http.ResponseWriter, time.Duration)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		d, err := time.ParseDuration(r.URL.Query().Get("for"))
		if err != nil || d < 0 {
			http.Error(w, "for must be a duration such as 10s", http.StatusBadRequest)
			return
		}
		act(w, d)
	}
}

func writeJSON(w http.ResponseWriter, value any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // the client is gone: nobody is left to tell
}
