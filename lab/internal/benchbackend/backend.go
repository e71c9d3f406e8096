// Package benchbackend is an HTTPS server as light as one can be, so that a benchmark measures the proxy before it.
package benchbackend

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path"
	"strconv"
	"strings"
	"time"
)

const (
	smallBytes = 2 << 10
	largeBytes = 1 << 20
)

// Run listens until the process ends. Arguments: --listen HOST:PORT --cert FILE --key FILE [--client-ca FILE]; with a client CA
// only clients with its certificates are served. Prints the address once it accepts connections.
func Run(args []string) error {
	flags := flag.NewFlagSet("bench-backend", flag.ContinueOnError)
	listen := flags.String("listen", "127.0.0.1:0", "address")
	certificate := flags.String("cert", "", "serving certificate, PEM")
	key := flags.String("key", "", "key of the serving certificate, PEM")
	clientCA := flags.String("client-ca", "", "authority of the clients' certificates, PEM")
	if err := flags.Parse(args); err != nil {
		return err
	}
	configuration, err := tlsConfiguration(*certificate, *key, *clientCA)
	if err != nil {
		return err
	}
	handler, err := newHandler()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		return err
	}
	fmt.Println("listening on", listener.Addr())
	backend := http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 10 * time.Minute}
	return backend.Serve(tls.NewListener(listener, configuration))
}

func tlsConfiguration(certificate, key, clientCA string) (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("serving certificate: %w", err)
	}
	// As kube-apiserver does: HTTP/2 for clients that want it.
	configuration := &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"h2", "http/1.1"}, MinVersion: tls.VersionTLS12}
	if clientCA == "" {
		return configuration, nil
	}
	authority, err := os.ReadFile(clientCA)
	if err != nil {
		return nil, err
	}
	configuration.ClientAuth = tls.RequireAndVerifyClientCert
	configuration.ClientCAs = x509.NewCertPool()
	if !configuration.ClientCAs.AppendCertsFromPEM(authority) {
		return nil, errors.New(clientCA + " holds no certificate")
	}
	return configuration, nil
}

func newHandler() (http.Handler, error) {
	small, err := configMap("small", smallBytes)
	if err != nil {
		return nil, err
	}
	large, err := configMap("large", largeBytes)
	if err != nil {
		return nil, err
	}
	handler := http.NewServeMux()
	handler.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { respond(w, "text/plain", []byte("ok")) })
	handler.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, "application/json", []byte(`{"major":"1","minor":"36","gitVersion":"v1.36.3"}`))
	})
	handler.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		switch path.Base(r.URL.Path) {
		case "large":
			respond(w, "application/json", large)
		case "configmaps":
			respondMany(w, r, large, small)
		default:
			respond(w, "application/json", small)
		}
	})
	// What a client must hear to take this for a cluster on which it may do everything.
	handler.HandleFunc("/apis/", func(w http.ResponseWriter, _ *http.Request) {
		respond(w, "application/json", []byte(`{"apiVersion":"authorization.k8s.io/v1","kind":"SelfSubjectAccessReview","metadata":{},"status":{"allowed":true}}`))
	})
	return handler, nil
}

func respond(w http.ResponseWriter, mediaType string, body []byte) {
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	_, _ = w.Write(body) // the client is gone: nobody is left to tell
}

// configMap is a ConfigMap whose JSON is exactly size bytes long.
func configMap(name string, size int) ([]byte, error) {
	object := map[string]any{
		"apiVersion": "v1",
		"kind":       "ConfigMap",
		"metadata": map[string]any{
			"name": name, "namespace": "default", "uid": "6f2c1e0a-5d1b-4c55-9d3e-0b6f3f1c7a10", "resourceVersion": "1",
			"creationTimestamp": "2026-01-01T00:00:00Z",
		},
		"data": map[string]string{"text": ""},
	}
	empty, err := json.Marshal(object)
	if err != nil {
		return nil, err
	}
	const line = "The quick brown fox jumps over the lazy dog. "
	missing := size - len(empty)
	object["data"] = map[string]string{"text": strings.Repeat(line, missing/len(line)+1)[:missing]}
	return json.Marshal(object)
}
