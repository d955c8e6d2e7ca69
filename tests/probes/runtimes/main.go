// Goroutines on many threads, a subprocess, a server and a client, and files.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	var group sync.WaitGroup
	for i := 0; i < 100; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			must(os.WriteFile("go.txt", []byte("text"), 0o644))
		}()
	}
	group.Wait()
	out, err := exec.Command("sh", "-c", "echo hello").Output()
	must(err)
	if string(out) != "hello\n" {
		panic(string(out))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(err)
	go http.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "served") }))
	response, err := http.Get("http://" + listener.Addr().String())
	must(err)
	body, err := io.ReadAll(response.Body)
	must(err)
	interfaces, err := net.Interfaces()
	must(err)
	if string(body) != "served" || len(interfaces) == 0 {
		panic(string(body))
	}
	fmt.Println("done")
}
