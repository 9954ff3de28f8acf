/* OS threads that wait on one condition variable. cc -O2 -pthread pthread.c */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t gate = PTHREAD_COND_INITIALIZER, all_parked = PTHREAD_COND_INITIALIZER;
static long parked, stop;

/* The count grows under the lock that waiting gives up: who is counted waits. */
static void *unit(void *none)
{
    pthread_mutex_lock(&lock);
    if (++parked == stop)
        pthread_cond_signal(&all_parked);
    for (;;)
        pthread_cond_wait(&gate, &lock);
    return none;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **words)
{
    pthread_t *threads = calloc(strtol(words[count - 1], NULL, 10), sizeof *threads);
    long alive = 0;
    char line[16];

    for (int word = 1; word < count; word++) {
        double began = now();
        stop = strtol(words[word], NULL, 10);
        for (; alive < stop; alive++) {
            int error = pthread_create(&threads[alive], NULL, unit, NULL);
            if (error) {
                fprintf(stderr, "thread %ld: %s\n", alive, strerror(error));
                return 1;
            }
        }
        pthread_mutex_lock(&lock);
        while (parked < stop)
            pthread_cond_wait(&all_parked, &lock);
        pthread_mutex_unlock(&lock);
        printf("ready %.9f\n", now() - began);
        fflush(stdout);
        if (!fgets(line, sizeof line, stdin))
            break;
    }
    _Exit(0);
}
