/* SPDX-License-Identifier: Apache-2.0 */
/* An SPOE agent: to each message that has an argument `path` it answers with the variable `backend`
 * in scope txn, "be_" and the first segment of the path: be_shop for /shop/cart. In HAProxy:
 *
 *     spoe-agent example                      spoe-message pick
 *         messages pick                           args path=path
 *         option var-prefix e                     event on-frontend-http-request
 *         timeout processing 20ms
 *         use-backend agents                  (frontend) use_backend %[var(txn.e.backend)]
 *
 * usage: spop-example ADDRESS... (127.0.0.1:10001, /run/x.sock); ends on SIGTERM or SIGINT when its
 * connections have been told. SPOP_THREADS, SPOP_GRACE_MS (health checks fail for so long first).
 */
#include "spoe/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static void answer(struct spop_ack *ack, struct spop_bytes path)
{
    uint8_t name[64] = "be_";
    struct spop_bytes backend = {name, 3};

    for (size_t i = 1; i < path.n && path.p[i] != '/' && backend.n < sizeof name; i++)
        name[backend.n++] = path.p[i];
    spop_ack_set_string(ack, SPOP_SCOPE_TXN, "backend", backend);
}

static void on_notify(void *ctx, const struct spop_notify *notify, struct spop_ack *ack)
{
    struct spop_messages messages = spop_messages(notify);
    struct spop_arg arg;

    (void)ctx;
    while (spop_message_next(&messages))
        while (spop_arg_next(&messages, &arg))
            if (spop_bytes_eq(arg.name, SPOP_BYTES("path")) && arg.value.type == SPOP_STRING)
                answer(ack, arg.value.bytes);
}

static unsigned setting(const char *name)
{
    const char *text = getenv(name);

    return text ? (unsigned)strtoul(text, NULL, 10) : 0;
}

static void report(const struct spop_server *server, unsigned threads)
{
    struct spop_thread_state t;

    for (unsigned i = 0; i < threads; i++) {
        spop_server_read(server, i, &t);
        printf("thread=%u connections=%u", i, t.connections);
#define X(name, text) printf(" " #name "=%llu", (unsigned long long)t.name);
#include "spoe/counters.def"
#undef X
        puts("");
    }
    fflush(stdout);
}

int main(int argc, char **argv)
{
    struct spop_options options = {.listen = (const char *const *)argv + 1,
                                   .listen_count = (size_t)argc - 1,
                                   .threads = setting("SPOP_THREADS"),
                                   .on_notify = on_notify};
    unsigned threads = options.threads ? options.threads : 1;
    char why[256];
    sigset_t signals;
    int number;
    struct spop_server *server;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGUSR1); /* print the counters */
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    server = spop_server_start(&options, why, sizeof why);
    if (!server) {
        fprintf(stderr, "spop-example: %s\n", why);
        return 1;
    }
    for (int i = 1; i < argc; i++)
        printf("listening on %s, port %u\n", argv[i], spop_server_port(server, (size_t)i - 1));
    fflush(stdout);
    while (sigwait(&signals, &number) == 0 && number == SIGUSR1)
        report(server, threads);
    spop_server_drain(server, setting("SPOP_GRACE_MS"));
    while (!spop_server_is_drained(server))
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    report(server, threads);
    return spop_server_stop(server) == 0 ? 0 : 1;
}
