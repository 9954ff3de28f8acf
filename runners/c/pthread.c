/* One unit is a POSIX thread: one function of the user's own that waits on one condition variable.
 *
 * Parked: it has counted itself in under the gate's mutex, which only its wait lets go of. Held
 * alive: its pthread_t, in an array made beforehand, since it is to be joined, and what `pad` asks
 * for. A start latency runs
 * to the new thread's first instruction while the spawner waits; an empty round is the clock and the
 * gate alone. The contract is runners/README.md.
 */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#ifdef __GLIBC__
#include <malloc.h>
#endif

#define UNIT \
    "a thread: void *unit(void *) waits on one pthread_cond_t, started by pthread_create; its " \
    "pthread_t is kept in an array made beforehand"

enum { MOST_UNITS = 1000000000, MOST_PROBED = 1000, MOST_WORDS = 100 };
/* Of linux/prctl.h, which may be older than the kernel. */
enum { FUTEX_HASH = 78, FUTEX_HASH_SET_SLOTS = 1, FUTEX_HASH_GET_SLOTS = 2 };

/* Units count themselves in here as they park. */
struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t opens, filled;
    bool open;
    size_t parked, wanted;
};

#define CLOSED_GATE \
    {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, false, 0, 0}

static struct gate gate = CLOSED_GATE, round_over = CLOSED_GATE;
static pthread_t *threads, probes[MOST_PROBED];
static size_t alive, pad; /* bytes that are held for each unit, */
static void **pads;       /* which are these */
static uint64_t first_ns;
static pthread_attr_t own_attributes;
static const pthread_attr_t *attributes; /* NULL, the default, unless a setting was given */
static FILE *replies;
static bool rejected; /* whether a command was no command */

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* ---- the futex hash ---- */

/* In which the kernel finds this process's sleeping threads (Linux 6.16): how many slots it has, 0
 * before the second thread; -1 where the kernel has none for each process. */
static int futex_slots(void)
{
#ifdef __linux__
    return prctl(FUTEX_HASH, FUTEX_HASH_GET_SLOTS, 0, 0, 0);
#else
    return -1;
#endif
}

static bool set_futex_slots(size_t slots)
{
#ifdef __linux__
    return !prctl(FUTEX_HASH, FUTEX_HASH_SET_SLOTS, slots, 0, 0);
#else
    (void)slots;
    return false;
#endif
}

/* ---- the gate ---- */

static void park(struct gate *at)
{
    pthread_mutex_lock(&at->mutex);
    if (++at->parked == at->wanted)
        pthread_cond_signal(&at->filled);
    while (!at->open)
        pthread_cond_wait(&at->opens, &at->mutex);
    pthread_mutex_unlock(&at->mutex);
}

static void await_parked(struct gate *at, size_t wanted)
{
    pthread_mutex_lock(&at->mutex);
    at->wanted = wanted;
    while (at->parked < wanted)
        pthread_cond_wait(&at->filled, &at->mutex);
    pthread_mutex_unlock(&at->mutex);
}

/* Wakes the threads that are parked there, waits for their ends, and closes the gate again. */
static void end(struct gate *at, const pthread_t *those, size_t count)
{
    pthread_mutex_lock(&at->mutex);
    at->open = true;
    pthread_cond_broadcast(&at->opens);
    pthread_mutex_unlock(&at->mutex);
    for (size_t i = 0; i < count; i++)
        pthread_join(those[i], NULL);
    at->open = false;
    at->parked = 0;
}

/* ---- the unit, and the one that a probe starts ---- */

static void *unit(void *none)
{
    park(&gate);
    return none;
}

static void *probed(void *none)
{
    uint64_t now = clock_ns();
    first_ns = now; /* seen by the spawner through the mutex of the gate */
    park(&round_over);
    return none;
}

/* ---- replies ---- */

static void put_text(const char *text)
{
    putc('"', replies);
    for (const unsigned char *at = (const unsigned char *)text; *at; at++)
        if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\')
            fprintf(replies, "\\u%04x", *at);
        else
            putc(*at, replies);
    putc('"', replies);
}

static void put_numbers(const char *key, const uint64_t *numbers, size_t count)
{
    fprintf(replies, ", \"%s\": [", key);
    for (size_t i = 0; i < count; i++)
        fprintf(replies, "%s%llu", i ? ", " : "", (unsigned long long)numbers[i]);
    putc(']', replies);
}

static const char *name_of(int error)
{
    return error == EAGAIN   ? "EAGAIN"
           : error == ENOMEM ? "ENOMEM"
           : error == EPERM  ? "EPERM"
                             : "pthread_create failed";
}

/* The end of a reply, with the refusal if there was one. */
static void put_end(int error)
{
    if (error) {
        fprintf(replies, ", \"refused\": {\"error\": \"%s\", \"errno\": %d, \"message\": ",
                name_of(error), error);
        put_text(strerror(error));
        putc('}', replies);
    }
    fputs("}\n", replies);
    fflush(replies);
}

/* ---- acts: what the living units do on command before they park again ---- */

/* An act answers by itself, with the words key=value of its command. None yet: a C program has no
 * collector to run. */
struct act {
    const char *name;
    void (*perform)(char **options, size_t count);
};

static const struct act acts[] = {{NULL, NULL}};

static void put_fact(const char *key, const char *value)
{
    fprintf(replies, ", \"%s\": ", key);
    put_text(value);
}

static void say_hello(void)
{
    char version[80] = "unknown";
    pthread_attr_t defaults;
    size_t stack = 0, guard = 0;
#ifdef _CS_GNU_LIBPTHREAD_VERSION
    confstr(_CS_GNU_LIBPTHREAD_VERSION, version, sizeof version);
#endif
    pthread_attr_init(&defaults);
    pthread_attr_getstacksize(attributes ? attributes : &defaults, &stack);
    pthread_attr_getguardsize(attributes ? attributes : &defaults, &guard);
    fputs("{\"reply\": \"hello\", \"contract\": 2, \"runtime\": \"pthread\", \"version\": ", replies);
    put_text(version);
    fputs(", \"unit\": \"" UNIT "\", \"units\": [\"gate\"], \"acts\": [", replies);
    for (const struct act *one = acts; one->name; one++)
        fprintf(replies, "%s\"%s\"", one == acts ? "" : ", ", one->name);
    putc(']', replies);
    fprintf(replies, ", \"facts\": {\"stack bytes\": \"%zu\", \"guard bytes\": \"%zu\"", stack, guard);
    put_fact("compiler", __VERSION__);
    putc('}', replies);
    put_end(0);
}

static void reject(const char *word, const char *expected)
{
    rejected = true;
    fputs("{\"reply\": \"error\", \"message\": ", replies);
    char message[200];
    snprintf(message, sizeof message, "'%.80s': expected %s", word, expected);
    put_text(message);
    put_end(0);
}

/* ---- commands ---- */

/* Makes an array longer, to `count` places. */
static bool make_room(void **array, size_t count, size_t size)
{
    void *longer = realloc(*array, count * size);
    if (longer)
        *array = longer;
    return longer;
}

/* Holds a pad for the unit of that number. */
static bool hold_pad(size_t number)
{
    if (!pad)
        return true;
    pads[number] = malloc(pad);
    if (pads[number])
        memset(pads[number], 1, pad); /* which takes the memory */
    return pads[number];
}

/* Launches until `count` live, or as far as it goes; gives the error that refused the next. */
static int launch(size_t count, uint64_t *longest)
{
    if (count > alive && !make_room((void **)&threads, count, sizeof *threads))
        return ENOMEM;
    if (count > alive && pad && !make_room((void **)&pads, count, sizeof *pads))
        return ENOMEM;
    /* The end of a spawn is the start of the next, so that no pause falls between two. */
    for (uint64_t now, before = clock_ns(); alive < count; alive++, before = now) {
        if (!hold_pad(alive))
            return ENOMEM;
        int error = pthread_create(&threads[alive], attributes, unit, NULL);
        if (error) {
            if (pad)
                free(pads[alive]);
            return error;
        }
        now = clock_ns();
        if (now - before > *longest)
            *longest = now - before;
    }
    return 0;
}

static void grow(size_t count)
{
    if (count < alive) {
        reject("grow", "a count of at least those alive");
        return;
    }
    uint64_t longest = 0, began = clock_ns();
    int error = launch(count, &longest);
    await_parked(&gate, alive);
    uint64_t burst = clock_ns() - began;
    fprintf(replies, "{\"reply\": \"grow\", \"alive\": %zu, \"burst_ns\": %llu", alive,
            (unsigned long long)burst);
    fprintf(replies, ", \"longest_spawn_ns\": %llu", (unsigned long long)longest);
    if (futex_slots() >= 0)
        fprintf(replies, ", \"counts\": {\"futex_slots\": %d}", futex_slots());
    put_end(error);
}

static void probe(size_t count)
{
    static uint64_t starts[MOST_PROBED], empties[MOST_PROBED];
    size_t started = 0;
    int error = 0;
    for (; started < count; started++) {
        uint64_t begun = clock_ns();
        error = pthread_create(&probes[started], attributes, probed, NULL);
        if (error)
            break;
        await_parked(&round_over, started + 1);
        starts[started] = first_ns - begun;
    }
    for (size_t i = 0; i < count; i++) {
        uint64_t begun = clock_ns();
        await_parked(&round_over, started);
        empties[i] = clock_ns() - begun;
    }
    end(&round_over, probes, started);
    fprintf(replies, "{\"reply\": \"probe\", \"alive\": %zu", alive);
    put_numbers("start_ns", starts, started);
    put_numbers("empty_ns", empties, count);
    put_end(error);
}

static void release(void)
{
    uint64_t began = clock_ns();
    end(&gate, threads, alive);
    uint64_t took = clock_ns() - began;
    for (size_t i = 0; pad && i < alive; i++)
        free(pads[i]);
    free(pads);
    free(threads);
    pads = NULL;
    threads = NULL;
    alive = 0;
#ifdef __GLIBC__
    malloc_trim(0);
#endif
    fprintf(replies, "{\"reply\": \"release\", \"alive\": 0, \"release_ns\": %llu",
            (unsigned long long)took);
    put_end(0);
}

/* Has the units do what the words ask for. */
static void act(char **words, size_t count)
{
    const struct act *one = acts;
    while (one->name && (!count || strcmp(one->name, words[0])))
        one++;
    bool known = one->name;
    for (size_t i = 1; i < count; i++)
        known = known && strchr(words[i], '=');
    if (known)
        one->perform(words + 1, count - 1);
    else
        reject(count ? words[0] : "act", "an act that hello names, then words key=value");
}

/* Whether `word` is a whole number within the bounds, and no more than that. */
static bool is_count(const char *word, size_t least, size_t most, size_t *count)
{
    if (!word || !*word || strlen(word) > 10 || word[strspn(word, "0123456789")])
        return false;
    *count = strtoull(word, NULL, 10);
    return *count >= least && *count <= most;
}

static void obey(char **words, size_t count)
{
    const char *word = count ? words[0] : "", *second = count == 2 ? words[1] : NULL;
    size_t number;
    if (!strcmp(word, "grow")) {
        if (is_count(second, 0, MOST_UNITS, &number))
            grow(number);
        else
            reject(word, "one whole number from 0 to 1000000000");
    } else if (!strcmp(word, "probe")) {
        if (is_count(second, 1, MOST_PROBED, &number))
            probe(number);
        else
            reject(word, "one whole number from 1 to 1000");
    } else if (!strcmp(word, "release") && count == 1) {
        release();
    } else if (!strcmp(word, "act")) {
        act(words + 1, count - 1);
    } else {
        reject(word, "grow N, probe S, act NAME or release");
    }
}

static void obey_line(char *line)
{
    char *words[MOST_WORDS], *rest;
    size_t count = 0;
    for (char *word = strtok_r(line, " \t\r\n", &rest); word && count < MOST_WORDS;
         word = strtok_r(NULL, " \t\r\n", &rest))
        words[count++] = word;
    obey(words, count);
}

/* ---- the beginning and the end ---- */

static void die(const char *what, const char *word)
{
    fprintf(stderr, "pthread: %s: %s\n", what, word);
    exit(1);
}

/* Ends the process at once when the other end of its input closes, whatever it is doing: the kernel
 * sends SIGIO then, and for each command too. A thread that waits for the hang-up would be one of the
 * threads that the limits count. */
static void end_if_input_has_ended(int signal)
{
    int before = errno;
    struct pollfd input = {.fd = 0, .events = 0};
    if (poll(&input, 1, 0) == 1)
        _exit(0);
    errno = before;
    (void)signal;
}

static void watch_input(void)
{
    struct sigaction action = {.sa_handler = end_if_input_has_ended, .sa_flags = SA_RESTART};
    if (sigaction(SIGIO, &action, NULL) || fcntl(0, F_SETOWN, getpid()) ||
        fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_ASYNC))
        die("cannot watch its input", strerror(errno));
    end_if_input_has_ended(0); /* before the kernel was asked */
}

/* Replies go where standard output went, which becomes standard error. */
static void move_protocol(void)
{
    int own = dup(1);
    replies = own < 0 ? NULL : fdopen(own, "w");
    if (!replies || dup2(2, 1) < 0)
        die("cannot move the protocol to a descriptor of its own", strerror(errno));
}

/* The number behind `key` in `word`, if it begins with that; dies where it is none. */
static bool setting(const char *word, const char *key, size_t *number)
{
    if (strncmp(word, key, strlen(key)))
        return false;
    if (!is_count(word + strlen(key), 1, SIZE_MAX, number))
        die("is no whole number from 1 to 9999999999", word);
    return true;
}

static void configure(const char *word)
{
    size_t number;
    if (setting(word, "pad=", &number)) {
        pad = number;
    } else if (setting(word, "stack-size=", &number)) {
        pthread_attr_init(&own_attributes);
        if (pthread_attr_setstacksize(&own_attributes, number))
            die("is no size that a stack can have", word);
        attributes = &own_attributes;
    } else if (setting(word, "futex-slots=", &number)) {
        if (futex_slots() < 0)
            die("this kernel has no futex hash for each process (Linux 6.16 has)", word);
        if (!set_futex_slots(number))
            die("the kernel does not take that many slots; give a power of two", word);
    } else if (strcmp(word, "unit=gate")) {
        die("knows no such setting; it takes unit=gate, pad=BYTES, stack-size=BYTES and "
            "futex-slots=N",
            word);
    }
}

int main(int count, char **words)
{
    char *line = NULL;
    size_t room = 0;
    move_protocol();
    for (int i = 1; i < count; i++)
        if (!strcmp(words[i], "act")) { /* one act is all: nothing reads and nothing watches */
            obey(words + i, (size_t)(count - i));
            return rejected;
        } else {
            configure(words[i]);
        }
    watch_input();
    say_hello();
    while (getline(&line, &room, stdin) > 0)
        obey_line(line);
    _exit(0); /* the input has ended, and with it the units, which nobody waits for */
}
