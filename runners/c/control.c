/* The control: the same work every time, to tell a machine that changed from a unit that did.
 *
 * It launches no unit. Its work is of the four kinds that launching is made of: arithmetic, memory
 * walked in an order that no cache foresees, fresh pages touched, calls into the kernel. Prints how
 * long that took, in nanoseconds of the monotonic clock, and ends.
 *
 * Whoever changes the work makes another control: old and new histories cannot be compared.
 */

#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    MULTIPLICATIONS = 8000000,
    CELLS = 1 << 18, /* of 64 bytes: 16 MiB, beyond most caches */
    STEPS = 150000,
    PAGES = 8192,
    CALLS = 100000,
};

struct cell {
    size_t next;
    char rest[64 - sizeof(size_t)];
};

static volatile uint64_t sink; /* what is worked out here cannot be left out */

static uint64_t clock_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Fresh memory in small pages: whether huge ones are at hand is chance. */
static void *mapped(size_t bytes)
{
    void *at = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) {
        perror("control: mmap");
        exit(1);
    }
#ifdef MADV_NOHUGEPAGE
    madvise(at, bytes, MADV_NOHUGEPAGE);
#endif
    return at;
}

static uint64_t next_random(uint64_t state)
{
    return state * 6364136223846793005u + 1442695040888963407u;
}

static void compute(void)
{
    uint64_t state = 1;
    for (int i = 0; i < MULTIPLICATIONS; i++)
        state = next_random(state);
    sink = state;
}

/* One ring through all cells (Sattolo's shuffle), made outside the time. */
static struct cell *ring(void)
{
    struct cell *cells = mapped(CELLS * sizeof *cells);
    uint64_t state = 1;
    for (size_t i = 0; i < CELLS; i++)
        cells[i].next = i;
    for (size_t i = CELLS - 1; i > 0; i--) {
        state = next_random(state);
        size_t other = (size_t)(state >> 33) % i, kept = cells[i].next;
        cells[i].next = cells[other].next;
        cells[other].next = kept;
    }
    return cells;
}

static void walk(const struct cell *cells)
{
    size_t at = 0;
    for (int i = 0; i < STEPS; i++)
        at = cells[at].next;
    sink = at;
}

static void touch_pages(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *at = mapped(PAGES * page);
    for (size_t i = 0; i < PAGES; i++)
        at[i * page] = 1;
    munmap(at, PAGES * page);
}

static void call_kernel(void)
{
    for (int i = 0; i < CALLS; i++)
        syscall(SYS_getppid);
}

int main(void)
{
    struct cell *cells = ring();
    uint64_t began = clock_ns();
    compute();
    walk(cells);
    touch_pages();
    call_kernel();
    printf("%llu\n", (unsigned long long)(clock_ns() - began));
    return 0;
}
