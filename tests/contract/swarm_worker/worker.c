/* Stands in for a worker in a real swarm: runs until it is told to stop.
   Called as `worker health` it is its own health check. Workers of revision 13 are broken. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void stop(int signal_number) { _exit(signal_number == SIGTERM ? 0 : 1); }

int main(int count, char **arguments) {
    if (count > 1 && strcmp(arguments[1], "health") == 0)
        return 0;
    const char *revision = getenv("FRAMEMESH_WORKER_REVISION");
    if (revision == NULL || strcmp(revision, "13") == 0) {
        fputs("the model has no output\n", stderr);
        return 1;
    }
    signal(SIGTERM, stop);
    for (;;)
        pause();
}
