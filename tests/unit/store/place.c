/* SPDX-License-Identifier: Apache-2.0 */
#include "place.h"

#include "base/file.h"
#include "folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int place_setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    folder_make(p->folder, "store");
    (void)snprintf(p->store, sizeof p->store, "%s/store", p->folder);
    *state = p;
    return 0;
}

int place_teardown(void **state)
{
    struct place *p = *state;

    folder_remove(p->folder);
    free(p);
    return 0;
}

const char *place_path(const struct place *p, const char *name)
{
    static char paths[8][PATH_MAX];
    static unsigned turn;
    char *path = paths[turn++ % 8];

    (void)snprintf(path, PATH_MAX, "%s/%s", p->folder, name);
    return path;
}

void file_get(const char *path, struct buf *out)
{
    struct err e;

    buf_init(out, 1u << 30);
    if (file_read(path, out, &e))
        fail_msg("%s", e.text);
}

void file_set(const char *path, struct str bytes)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes.p, 1, bytes.n, f), bytes.n);
    assert_int_equal(fclose(f), 0);
}

struct store *open_ok(const struct place *p)
{
    struct err e;
    struct store *s = store_open(p->store, NULL, &e);

    if (!s)
        fail_msg("%s", e.text);
    return s;
}

struct err open_fails(const struct place *p)
{
    struct err e = {0};
    struct store *s = store_open(p->store, NULL, &e);

    store_close(s);
    assert_null(s);
    return e;
}

static enum store_env env_of(enum store_table table)
{
    return table < STORE_HISTORY_META ? STORE_STATE : STORE_HISTORY;
}

void put_ok(struct store *s, enum store_table table, const char *key, const char *value)
{
    struct err e;
    struct store_txn *t = store_write(s, env_of(table), &e);

    assert_non_null(t);
    store_put(t, table, str_z(key), str_z(value));
    if (store_commit(t, &e))
        fail_msg("%s", e.text);
}

const char *get_ok(struct store *s, enum store_table table, const char *key)
{
    static char text[4096];
    struct err e;
    struct str value;
    struct store_txn *t = store_read(s, env_of(table), &e);

    assert_non_null(t);
    assert_int_equal(store_get(t, table, str_z(key), &value, &e), 0);
    (void)str_copy(text, sizeof text, value);
    store_abort(t);
    return value.p ? text : NULL;
}

int commit_one(struct store *s, enum store_env env, enum store_table table, struct str key,
               struct str value, struct err *e)
{
    struct store_txn *t = store_write(s, env, e);

    if (!t)
        fail_msg("%s", e->text);
    store_put(t, table, key, value);
    return store_commit(t, e);
}

int child_run(void (*run)(void *ctx), void *ctx)
{
    int status = -1;
    pid_t pid = fork();

    assert_int_not_equal(pid, -1);
    if (pid == 0) {
        (void)alarm(60);
        run(ctx);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}
