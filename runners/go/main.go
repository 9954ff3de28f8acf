// One unit is a goroutine: one function of the user's own that waits on one channel. With the word
// unit=locked it first locks itself to a kernel thread of its own.
//
// Parked: it has signalled a WaitGroup as its last act before it waits, and the scheduler counts it
// as waiting (from Go 1.26). Held alive: nothing by the runner, unless `pad` asks for it. A start latency holds the hand-off
// by the spawner, which parks; an empty round one pass through the scheduler. No memory for the next
// unit, or no thread, is no refusal in Go but the program's end, with a message. The contract is
// runners/README.md.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"
)

const (
	mostUnits  = 1_000_000_000
	mostProbed = 1_000
	lookEvery  = 10 * time.Millisecond
	waiting    = "/sched/goroutines/waiting:goroutines"
)

// kind is a unit kind: its unit, the unit of a probe, the sentence on it, and what is counted once
// its units are parked.
type kind struct {
	unit, probed func()
	sentence     string
	counts       func() map[string]int64
}

var kinds = map[string]kind{
	"gate": {unit, probed,
		"a goroutine: func unit() waits on one channel, started by go unit(); no handle is kept",
		none},
	"locked": {lockedUnit, lockedProbed,
		"a goroutine on a kernel thread of its own: func unit() calls runtime.LockOSThread() and " +
			"waits on one channel, started by go unit(); no handle is kept",
		futexSlots},
}

// done is what an act gives of its reply; an error is that of an option that it does not take.
type done struct {
	ops     int
	samples map[string][]int64
	counts  map[string]int64
	outcome string
}

var acts = map[string]func(options map[string]string) (done, error){"collect": collect}

var (
	own       = kinds["gate"]
	pad       int      // bytes that are held for each unit,
	pads      [][]byte // in these blocks, one for each burst
	gate      = make(chan struct{})
	roundOver = make(chan struct{})
	handed    = make(chan int64)
	parked    sync.WaitGroup
	alive     int
	others    int // goroutines that are no units
	epoch     = time.Now()
)

func unit() {
	parked.Done()
	<-gate
}

func lockedUnit() {
	runtime.LockOSThread() // never unlocked, so that the thread ends with the unit
	unit()
}

func probed() {
	handed <- clock()
	<-roundOver
}

func lockedProbed() {
	first := clock()
	runtime.LockOSThread()
	handed <- first
	<-roundOver
}

// clock is in nanoseconds. time.Since reads the monotonic clock alone, time.Now the other too.
func clock() int64 { return int64(time.Since(epoch)) }

type reply map[string]any

// grow leaves out what the collector took: Go tells it at the end of a cycle, and most bursts end in
// the midst of one.
func grow(count int) reply {
	if count < alive {
		return rejected("grow %d: expected at least %d, the count alive", count, alive)
	}
	began := clock()
	longest := launch(own.unit, count-alive)
	awaitParked(count)
	burst := clock() - began
	alive = count
	return reply{"reply": "grow", "alive": alive, "burst_ns": burst, "longest_spawn_ns": longest,
		"counts": own.counts()}
}

func none() map[string]int64 { return map[string]int64{} }

// futexSlots counts the slots of the hash in which the kernel finds this process's sleeping threads;
// there are none before Linux 6.16.
func futexSlots() map[string]int64 {
	if slots := futexHash(getSlots, 0); slots >= 0 {
		return map[string]int64{"futex_slots": int64(slots)}
	}
	return none()
}

// launch gives the longest spawn. The end of a spawn is the start of the next, so that no pause
// falls between two.
func launch(unit func(), count int) (longest int64) {
	parked.Add(count)
	holdPads(count)
	before := clock()
	for ; count > 0; count-- {
		go unit()
		now := clock()
		longest = max(longest, now-before)
		before = now
	}
	return longest
}

// holdPads holds the pads of so many more units: outside the heap, whose collector lets it grow by
// more than is asked for.
func holdPads(count int) {
	if pad == 0 || count == 0 {
		return
	}
	block, err := syscall.Mmap(-1, 0, count*pad, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		die("no memory for pads: %v", err)
	}
	for at := 0; at < len(block); at += os.Getpagesize() {
		block[at] = 1
	}
	pads = append(pads, block)
}

// awaitParked waits until all units have signalled, and until the scheduler sees as many wait: the
// last to signal may still be on its way.
func awaitParked(count int) {
	parked.Wait()
	for {
		if seen, known := waitingNow(); !known || seen >= count {
			return
		}
		runtime.Gosched()
	}
}

func probe(count int) reply {
	starts, empties := make([]int64, count), make([]int64, count)
	for i := range starts {
		begun := clock()
		go own.probed()
		starts[i] = <-handed - begun
	}
	for i := range empties {
		begun := clock()
		runtime.Gosched()
		empties[i] = clock() - begun
	}
	end(&roundOver, others+alive)
	return reply{"reply": "probe", "alive": alive, "start_ns": starts, "empty_ns": empties}
}

func release() reply {
	began := clock()
	end(&gate, others)
	took := clock() - began
	for _, block := range pads {
		_ = syscall.Munmap(block)
	}
	alive, pads = 0, nil
	return reply{"reply": "release", "alive": 0, "release_ns": took}
}

// collect is one run of Go's collector, which then gives free memory back.
func collect(options map[string]string) (done, error) {
	if len(options) > 0 {
		return done{}, fmt.Errorf("collect takes no options")
	}
	debug.FreeOSMemory()
	return done{ops: 1}, nil
}

// act has the units do what the words ask for, and park again.
func act(words []string) reply {
	options := map[string]string{}
	for _, word := range words[1:] {
		if key, value, cut := strings.Cut(word, "="); cut {
			options[key] = value
		}
	}
	perform, known := acts[words[0]]
	if !known || len(options) < len(words)-1 {
		return rejected("act %.200q: expected one of %s, then words key=value",
			strings.Join(words, " "), strings.Join(names(acts), ", "))
	}
	began := clock()
	did, err := perform(options)
	took := clock() - began
	if err != nil {
		return rejected("act %s: %v", words[0], err)
	}
	return reply{"reply": "act", "act": words[0], "alive": alive, "took_ns": took, "ops": did.ops,
		"samples": orEmpty(did.samples), "counts": orEmpty(did.counts),
		"outcome": cmp.Or(did.outcome, "done")}
}

// end wakes all that wait there, waits until no more than `left` goroutines are, and puts a closed
// gate in its place.
func end(at *chan struct{}, left int) {
	close(*at)
	for runtime.NumGoroutine() > left {
		runtime.Gosched()
	}
	*at = make(chan struct{})
}

// waitingNow is how many goroutines wait, by the scheduler; not known before Go 1.26.
func waitingNow() (count int, known bool) {
	sample := []metrics.Sample{{Name: waiting}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0, false
	}
	return int(sample[0].Value.Uint64()), true
}

// names are the keys, sorted.
func names[V any](named map[string]V) []string {
	found := make([]string, 0, len(named))
	for name := range named {
		found = append(found, name)
	}
	slices.Sort(found)
	return found
}

func orEmpty[V any](named map[string]V) map[string]V {
	if named == nil {
		return map[string]V{}
	}
	return named
}

func rejected(format string, values ...any) reply {
	return reply{"reply": "error", "message": fmt.Sprintf(format, values...)}
}

func obey(words []string) reply {
	switch {
	case len(words) > 0 && words[0] == "grow":
		count, err := countIn(words, 0, mostUnits)
		if err != nil {
			return rejected("%v", err)
		}
		return grow(count)
	case len(words) > 0 && words[0] == "probe":
		count, err := countIn(words, 1, mostProbed)
		if err != nil {
			return rejected("%v", err)
		}
		return probe(count)
	case len(words) == 1 && words[0] == "release":
		return release()
	case len(words) > 1 && words[0] == "act":
		return act(words[1:])
	}
	return rejected("%.200q is no command; expected grow N, probe S, act NAME or release",
		strings.Join(words, " "))
}

func countIn(words []string, least, most uint64) (int, error) {
	if len(words) == 2 {
		count, err := strconv.ParseUint(words[1], 10, 64)
		if err == nil && least <= count && count <= most {
			return int(count), nil
		}
	}
	return 0, fmt.Errorf("%.200q: expected one whole number from %d to %d",
		strings.Join(words, " "), least, most)
}

func hello() reply {
	return reply{
		"reply": "hello", "contract": 2, "runtime": "goroutine", "version": runtime.Version(),
		"unit": own.sentence, "units": names(kinds),
		"acts": names(acts), "facts": facts(),
	}
}

// built are the settings of a build that move figures, but for those in the version.
var built = []string{"DefaultGODEBUG", "GOAMD64", "GOARM64", "-gcflags", "-ldflags", "-race", "-tags"}

func facts() map[string]string {
	percent := debug.SetGCPercent(100)
	debug.SetGCPercent(percent)
	known := map[string]string{
		"GOMAXPROCS": strconv.Itoa(runtime.GOMAXPROCS(0)),
		"GOGC":       strconv.Itoa(percent),
		"GOMEMLIMIT": strconv.FormatInt(debug.SetMemoryLimit(-1), 10),
		"GODEBUG":    "none",
	}
	if value := os.Getenv("GODEBUG"); value != "" {
		known["GODEBUG"] = value
	}
	if info, read := debug.ReadBuildInfo(); read {
		words := []string{}
		for _, setting := range info.Settings {
			if slices.Contains(built, setting.Key) {
				words = append(words, setting.Key+"="+setting.Value)
			}
		}
		known["build"] = strings.Join(words, " ")
	}
	return known
}

// lookout looks, every 10 ms while a command is obeyed, whether the input has ended, at which it ends
// the program at once. A goroutine that comes back from a blocking read would be too late: it queues
// up behind all the units of a burst, thousands of new threads where they are locked. The scheduler
// runs timers before any queue. They are two, and share nothing, since a look that is preempted, as
// happens where other programs want the processors too, queues up as well.
type lookout struct {
	looking atomic.Bool
	timers  [2]*time.Timer
}

func newLookout() *lookout {
	out := &lookout{}
	for i := range out.timers {
		out.timers[i] = time.AfterFunc(time.Hour, func() { out.look(i) })
		out.timers[i].Stop()
	}
	return out
}

func (out *lookout) while(obey func() reply) reply {
	if ppoll == 0 {
		return obey()
	}
	out.looking.Store(true)
	for i, timer := range out.timers {
		timer.Reset(lookEvery * time.Duration(1+5*i))
	}
	answer := obey()
	out.looking.Store(false)
	for _, timer := range out.timers {
		timer.Stop()
	}
	return answer
}

func (out *lookout) look(which int) {
	if !out.looking.Load() {
		return
	}
	out.timers[which].Reset(lookEvery)
	if inputEnded() {
		syscall.Exit(0)
	}
}

// ppoll and prctl are those system calls' numbers, which package syscall does not name on every
// system; 0 where they are not known.
var (
	system = runtime.GOOS + "/" + runtime.GOARCH
	ppoll  = map[string]uintptr{"linux/amd64": 271, "linux/arm64": 73, "linux/riscv64": 73}[system]
	prctl  = map[string]uintptr{"linux/amd64": 157, "linux/arm64": 167, "linux/riscv64": 167}[system]
)

// Of linux/prctl.h.
const futexHashCall, setSlots, getSlots = 78, 1, 2

// futexHash asks for the number of slots of the process's own futex hash, or sets it; -1 where that
// cannot be done.
func futexHash(what, slots uintptr) int {
	if prctl == 0 {
		return -1
	}
	got, _, failed := syscall.RawSyscall6(prctl, futexHashCall, what, slots, 0, 0, 0)
	if failed != 0 {
		return -1
	}
	return int(got)
}

// inputEnded tells whether nobody holds the other end of standard input. By a raw system call: the
// scheduler gives the place of a goroutine in any other to the next in its queue.
func inputEnded() bool {
	input := struct {
		fd              int32
		events, revents int16
	}{}
	var atOnce syscall.Timespec
	ended, _, _ := syscall.RawSyscall6(ppoll, uintptr(unsafe.Pointer(&input)), 1,
		uintptr(unsafe.Pointer(&atOnce)), 0, 0, 0)
	return ended == 1
}

// commands reads lines as they come, and ends the program with the input.
func commands() <-chan string {
	lines := make(chan string)
	go func() {
		input := bufio.NewReader(os.Stdin)
		for {
			line, err := input.ReadString('\n')
			if err != nil {
				os.Exit(0)
			}
			lines <- line
		}
	}()
	return lines
}

// moveProtocol gives what standard output was, which becomes standard error. A new descriptor takes
// the lowest free number, here 1; dup2 is not on every system.
func moveProtocol() *os.File {
	replies, err := syscall.Dup(1)
	if err == nil {
		err = syscall.Close(1)
	}
	if err == nil {
		_, err = syscall.Dup(2)
	}
	if err != nil {
		die("cannot move the protocol to a descriptor of its own: %v", err)
	}
	return os.NewFile(uintptr(replies), "replies")
}

func configure(words []string) {
	for _, word := range words {
		key, value, _ := strings.Cut(word, "=")
		number, err := strconv.ParseUint(value, 10, 40)
		if err != nil {
			number = 0 // which no setting takes
		}
		kind, known := kinds[value]
		switch {
		case key == "unit" && known:
			own = kind
		case key == "pad" && number > 0:
			pad = int(number)
		case key == "futex-slots" && number > 0 && futexHash(getSlots, 0) < 0:
			die("%s: this kernel has no futex hash for each process (Linux 6.16 has)", word)
		case key == "futex-slots" && number > 0:
			if futexHash(setSlots, uintptr(number)) < 0 {
				die("%s: the kernel does not take that many slots; give a power of two", word)
			}
		default:
			die("goroutine knows no setting %q; it takes unit=%s, pad=BYTES and futex-slots=N", word,
				strings.Join(names(kinds), " or unit="))
		}
	}
}

func die(format string, values ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", values...)
	os.Exit(1)
}

// main obeys what it reads. One act as the end of the command line is all that is done: nothing reads
// and nothing watches then, so that an outcome such as a deadlock is that of the units alone.
func main() {
	replies, words := json.NewEncoder(moveProtocol()), os.Args[1:]
	if at := slices.Index(words, "act"); at >= 0 {
		configure(words[:at])
		answer := obey(words[at:])
		_ = replies.Encode(answer)
		if answer["reply"] != "act" {
			os.Exit(1)
		}
		return
	}
	configure(words)
	lines, lookout := commands(), newLookout()
	others = runtime.NumGoroutine()
	_ = replies.Encode(hello())
	for line := range lines {
		_ = replies.Encode(lookout.while(func() reply { return obey(strings.Fields(line)) }))
	}
}
