// Command web is the only program of the demo images besides busybox: a server that tells who it is and does what it is told.
package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		os.Exit(client(os.Args[1:]))
	}
	// A process without a handler ignores SIGTERM as PID 1 and would sit out its grace period.
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, os.Interrupt)
	go func() {
		<-stop
		os.Exit(0)
	}()
	port := os.Getenv("PORT")
	if port == "" {
		port = "8080"
	}
	fmt.Println("listening on port", port)
	fmt.Fprintln(os.Stderr, http.ListenAndServe(":"+port, newHandler()))
	os.Exit(1)
}

// client answers `web get URL`: the body on stdout; 1 when the answer isn't 2xx or none comes within 5 s.
func client(args []string) int {
	if len(args) != 2 || args[0] != "get" {
		fmt.Fprintln(os.Stderr, "usage: web | web get URL")
		return 2
	}
	c := http.Client{Timeout: 5 * time.Second}
	response, err := c.Get(args[1])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer response.Body.Close()
	if _, err := io.Copy(os.Stdout, response.Body); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if response.StatusCode/100 != 2 {
		fmt.Fprintln(os.Stderr, response.Status)
		return 1
	}
	return 0
}
