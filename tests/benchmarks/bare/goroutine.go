// Goroutines that wait on one channel.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"
)

var gate = make(chan struct{})
var parking sync.WaitGroup

func unit() {
	parking.Done()
	<-gate
}

func main() {
	input := bufio.NewReader(os.Stdin)
	alive := 0
	for _, word := range os.Args[1:] {
		stop, err := strconv.Atoi(word)
		if err != nil {
			panic(err)
		}
		began := time.Now()
		parking.Add(stop - alive)
		for ; alive < stop; alive++ {
			go unit()
		}
		parking.Wait()
		fmt.Println("ready", time.Since(began).Seconds())
		if _, err := input.ReadString('\n'); err != nil {
			break
		}
	}
}
