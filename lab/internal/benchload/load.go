// Package benchload asks a server for one URL over and over and times the answers. It does as little as possible besides, so that on a
// machine with few processors what is measured has them.
package benchload

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// request is what standard input holds, as JSON.
type request struct {
	URL         string            `json:"url"`
	Connections int               `json:"connections"`
	Rate        float64           `json:"rate"` // requests begun per second; 0: each connection asks again as soon as it is answered
	Seconds     float64           `json:"seconds"`
	Headers     map[string]string `json:"headers"`
	// Authorizations are values of that header, used in turn.
	Authorizations []string `json:"authorizations"`
	TLS            struct {
		Cert string `json:"cert"`
		Key  string `json:"key"`
	} `json:"tls"`
}

type result struct {
	Requests          int     `json:"requests"`
	RequestsPerSecond float64 `json:"requestsPerSecond"`
	P50Ms             float64 `json:"p50Ms"`
	P99Ms             float64 `json:"p99Ms"`
}

const connectTimeout = 5 * time.Second

// Run reads a request from standard input, as it may hold a token, and prints a result as JSON. Any answer but 200 is an error.
func Run([]string) error {
	var asked request
	if err := json.NewDecoder(os.Stdin).Decode(&asked); err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	target, err := parseTarget(asked)
	if err != nil {
		return err
	}
	times, elapsed, err := load(asked, target)
	if err != nil {
		return fmt.Errorf("%s: %w", asked.URL, err)
	}
	if len(times) == 0 {
		return fmt.Errorf("%s: no answers", asked.URL)
	}
	slices.Sort(times)
	at := func(share float64) float64 {
		return float64(times[max(0, int(share*float64(len(times))+0.999999)-1)].Microseconds()) / 1000
	}
	return json.NewEncoder(os.Stdout).Encode(result{len(times), float64(len(times)) / elapsed.Seconds(), at(0.5), at(0.99)})
}

// target is where connections go, and what each request is, to the byte.
type target struct {
	address string
	secure  *tls.Config
	// questions are requests to the byte, asked in turn.
	questions [][]byte
}

func parseTarget(asked request) (target, error) {
	parsed, err := url.Parse(asked.URL)
	if err != nil {
		return target{}, err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "GET %s HTTP/1.1\r\nHost: %s\r\n", parsed.RequestURI(), parsed.Host)
	for name, value := range asked.Headers {
		fmt.Fprintf(&text, "%s: %s\r\n", name, value)
	}
	made := target{address: parsed.Host}
	for _, value := range asked.Authorizations {
		made.questions = append(made.questions, fmt.Appendf(nil, "%sAuthorization: %s\r\n\r\n", text.String(), value))
	}
	if len(made.questions) == 0 {
		made.questions = [][]byte{[]byte(text.String() + "\r\n")}
	}
	if parsed.Scheme != "https" {
		return made, nil
	}
	// What is asked is on this machine, with certificates made for the run.
	made.secure = &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"http/1.1"}}
	if asked.TLS.Cert != "" {
		pair, err := tls.X509KeyPair([]byte(asked.TLS.Cert), []byte(asked.TLS.Key))
		if err != nil {
			return target{}, err
		}
		made.secure.Certificates = []tls.Certificate{pair}
	}
	return made, nil
}

func (t target) dial() (net.Conn, error) {
	dialer := &net.Dialer{Timeout: connectTimeout}
	if t.secure == nil {
		return dialer.Dial("tcp", t.address)
	}
	return tls.DialWithDialer(dialer, "tcp", t.address, t.secure)
}

// load lets all connections ask until the time is up. The connections are made before it begins.
func load(asked request, to target) ([]time.Duration, time.Duration, error) {
	var exchanges []*exchange
	asking := &turns{questions: to.questions}
	for range asked.Connections {
		connection, err := to.dial()
		if err != nil {
			return nil, 0, err
		}
		defer connection.Close()
		exchanges = append(exchanges, newExchange(connection, asking))
	}
	begin := time.Now()
	ctx, cancel := context.WithDeadlineCause(context.Background(), begin.Add(time.Duration(asked.Seconds*float64(time.Second))), nil)
	defer cancel()
	due := schedule(ctx, asked.Rate, begin)
	var running sync.WaitGroup
	for _, exchange := range exchanges {
		running.Go(func() {
			if due == nil {
				exchange.askUntil(ctx)
			} else {
				exchange.askWhenDue(due)
			}
		})
	}
	running.Wait()
	elapsed := time.Since(begin)
	var times []time.Duration
	var failures []error
	for _, exchange := range exchanges {
		times = append(times, exchange.times...)
		failures = append(failures, exchange.failure)
	}
	return times, elapsed, errors.Join(failures...)
}

// schedule gives out the times at which requests are due, whether or not earlier ones are answered; nil without a rate.
func schedule(ctx context.Context, rate float64, begin time.Time) <-chan time.Time {
	if rate == 0 {
		return nil
	}
	deadline, _ := ctx.Deadline()
	total := int(rate * deadline.Sub(begin).Seconds())
	due := make(chan time.Time, total)
	go func() {
		defer close(due)
		for number := range total {
			at := begin.Add(time.Duration(float64(number) / rate * float64(time.Second)))
			time.Sleep(time.Until(at))
			due <- at
		}
	}()
	return due
}
