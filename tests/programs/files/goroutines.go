// Goroutines, channels, timers, tickers, contexts, a panic that is caught, a nil pointer, and a TCP connection.
package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"sort"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func caught() (text string) {
	defer func() { text = fmt.Sprint(recover()) }()
	var nothing *struct{ a [4]int }
	return fmt.Sprint(nothing.a[2])
}

func main() {
	jobs, results := make(chan int), make(chan int, 16)
	var workers sync.WaitGroup
	for range 8 {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for job := range jobs {
				results <- job * job
			}
		}()
	}
	go func() {
		for n := range 2000 {
			jobs <- n
		}
		close(jobs)
		workers.Wait()
		close(results)
	}()
	sum := 0
	for result := range results {
		sum += result
	}
	fmt.Println(sum)

	var count atomic.Int64
	var many sync.WaitGroup
	for range 1000 {
		many.Add(1)
		go func() {
			defer many.Done()
			runtime.Gosched()
			count.Add(1)
		}()
	}
	many.Wait()
	fmt.Println(count.Load())

	ticker, ticks := time.NewTicker(5*time.Millisecond), 0
	timeout := time.After(2 * time.Second)
	for ticks < 5 {
		select {
		case <-ticker.C:
			ticks++
		case <-timeout:
			ticks = 100
		}
	}
	fmt.Println(ticks)
	started := time.Now()
	time.Sleep(20 * time.Millisecond)
	fmt.Println(time.Since(started) >= 20*time.Millisecond)
	timed, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	<-timed.Done()
	fmt.Println(timed.Err(), caught())

	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				io.Copy(connection, connection)
				connection.Close()
			}()
		}
	}()
	var clients sync.WaitGroup
	answers := make([]string, 10)
	for n := range answers {
		clients.Add(1)
		go func() {
			defer clients.Done()
			connection, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				panic(err)
			}
			fmt.Fprintf(connection, "client %d", n)
			connection.(*net.TCPConn).CloseWrite()
			answer, _ := io.ReadAll(connection)
			answers[n] = string(answer)
		}()
	}
	clients.Wait()
	sort.Strings(answers)
	fmt.Println(answers)

	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	syscall.Kill(os.Getpid(), syscall.SIGUSR1)
	fmt.Println(<-signals)
	out, err := exec.Command("/bin/echo", "from a child").Output()
	fmt.Printf("%s%v\n", out, err)
	kept := make([][]byte, 64)
	hash := sha256.New()
	for n := range 20000 {
		kept[n%64] = make([]byte, 1000+n%100)
		kept[n%64][n%1000] = byte(n)
		hash.Write(kept[n%64][:32])
	}
	runtime.GC()
	fmt.Printf("%x\n", hash.Sum(nil)[:8])
}
