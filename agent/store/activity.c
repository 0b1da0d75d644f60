/* SPDX-License-Identifier: Apache-2.0 */
#include "store/activity.h"

#include "base/json_out.h"
#include "store/seq_key.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS_MAX = 8, ENTRY_MAX = 512 * 1024 };

struct activity_log {
    struct store *store;
    size_t max_entries;
    uint64_t next;     /* number of the next entry */
    uint64_t reserved; /* numbers below it may be used without a word to state/ */
};

static const struct str mark = {"activity.next", 13};

static int write_mark(struct activity_log *log, uint64_t next, struct err *e)
{
    char text[24];
    struct store_txn *t = store_write(log->store, STORE_STATE, e);

    if (!t)
        return -1;
    (void)snprintf(text, sizeof text, "%" PRIu64, next);
    store_put(t, STORE_META, mark, str_z(text));
    if (store_commit(t, e))
        return -1;
    log->reserved = next;
    return 0;
}

static int read_mark(struct activity_log *log, struct err *e)
{
    struct store_txn *t = store_read(log->store, STORE_STATE, e);
    struct str value;
    int rc;

    if (!t)
        return -1;
    rc = store_get(t, STORE_META, mark, &value, e);
    log->next = 1;
    if (rc == 0 && value.p && (str_u64(value, &log->next) || log->next == 0))
        rc = err_set(e, ERR_INTERNAL, "the mark is not a number");
    log->reserved = log->next;
    store_abort(t);
    return rc;
}

static int on_last(void *ctx, struct str key, struct str value, struct err *e)
{
    uint64_t *last = ctx;

    (void)value;
    (void)e;
    *last = seq_of(key);
    return 1;
}

static int read_last(struct activity_log *log, struct err *e)
{
    struct store_txn *t = store_read(log->store, STORE_HISTORY, e);
    uint64_t last = 0;
    int rc;

    if (!t)
        return -1;
    rc = store_each(t, STORE_ACTIVITY, STORE_BACKWARD, STR_NONE, on_last, &last, e);
    if (log->next <= last)
        log->next = last + 1;
    store_abort(t);
    return rc;
}

struct activity_log *activity_open(struct store *s, size_t max_entries, struct err *e)
{
    struct activity_log *log = calloc(1, sizeof *log);

    if (!log)
        abort();
    *log = (struct activity_log){.store = s, .max_entries = max_entries ? max_entries : 1};
    if (read_mark(log, e) == 0 && read_last(log, e) == 0)
        return log;
    free(log);
    err_wrap(e, "activity");
    return NULL;
}

void activity_close(struct activity_log *log)
{
    if (log && log->reserved != log->next)
        (void)write_mark(log, log->next, NULL); /* else only numbers are skipped */
    free(log);
}

static struct str cut(struct str s, size_t max)
{
    return s.n > max ? (struct str){s.p, max} : s;
}

static void put_object(struct json_out *o, const char *key, struct str text)
{
    struct arena a = ARENA_INIT;
    struct json *tree;
    char note[64];

    if (!text.n)
        return;
    if (text.n > ACTIVITY_OBJECT_MAX) {
        (void)snprintf(note, sizeof note, "left out: %zu bytes", text.n);
        json_put_z(o, key, note);
    } else if (json_parse(&a, text, JSON_MAX_DEPTH, &tree, NULL)) {
        json_put_str(o, key, text);
    } else {
        json_put_tree(o, key, tree);
    }
    arena_free(&a);
}

static void put_entry(struct buf *out, uint64_t seq, const struct activity *what)
{
    struct json_out o;

    json_out_init(&o, out, false);
    json_open_object(&o, NULL);
    json_put_z(&o, "type", "activity");
    json_put_int(&o, "seq", (int64_t)seq);
    json_put_int(&o, "time", what->time_ms);
    json_put_str(&o, "verb", cut(what->verb, ACTIVITY_TEXT_MAX));
    json_put_str(&o, "object", cut(what->object, ACTIVITY_TEXT_MAX));
    json_put_str(&o, "actor", cut(what->actor, ACTIVITY_TEXT_MAX));
    json_put_str(&o, "reason", cut(what->reason, ACTIVITY_TEXT_MAX));
    if (what->generation)
        json_put_int(&o, "generation", (int64_t)what->generation);
    put_object(&o, "before", what->before);
    put_object(&o, "after", what->after);
    json_close_object(&o);
    json_out_fini(&o);
}

static int write_entry(struct activity_log *log, struct str entry, struct err *e)
{
    char key[SEQ_KEY_BYTES];
    struct store_txn *t = store_write(log->store, STORE_HISTORY, e);

    if (!t)
        return -1;
    store_put(t, STORE_ACTIVITY, seq_key(log->next, key), entry);
    store_trim(t, STORE_ACTIVITY, log->max_entries);
    return store_commit(t, e);
}

/* history/ is full: a tenth of the entries goes. */
static int make_room(struct activity_log *log, struct err *e)
{
    struct store_txn *t = store_write(log->store, STORE_HISTORY, e);
    size_t count;

    if (!t)
        return -1;
    count = store_count(t, STORE_ACTIVITY);
    store_trim(t, STORE_ACTIVITY, count - (count + 9) / 10);
    return store_commit(t, e);
}

static int append(struct activity_log *log, struct str entry, struct err *e)
{
    struct err first;

    if (log->next >= log->reserved && write_mark(log, log->next + ACTIVITY_STEP, e))
        return -1;
    if (write_entry(log, entry, &first) == 0)
        return 0;
    if (first.kind == ERR_UNAVAILABLE && make_room(log, e) == 0)
        return write_entry(log, entry, e);
    if (e)
        *e = first;
    return -1;
}

int activity_append(struct activity_log *log, const struct activity *what, uint64_t *seq,
                    struct buf *entry, struct err *e)
{
    struct buf text;
    int rc;

    buf_init(&text, ENTRY_MAX);
    put_entry(&text, log->next, what);
    rc = buf_failed(&text) ? err_set(e, ERR_TOO_LARGE, "entry too large")
                           : append(log, buf_str(&text), e);
    if (rc == 0) {
        *seq = log->next++;
        if (entry)
            buf_add_str(entry, buf_str(&text));
    }
    buf_free(&text);
    return rc ? err_wrap(e, "activity") : 0;
}

struct scan {
    const struct activity_query *query;
    struct str words[WORDS_MAX]; /* in lower case */
    size_t word_count, left;
    bool plain; /* no word has a byte that JSON would escape */
    struct buf *out;
    bool first;
    struct arena arena; /* of one entry */
};

/* `word` is in lower case and not empty. This runs over every byte of the activity. */
static bool contains_lower(struct str text, struct str word)
{
    const unsigned char first = (unsigned char)word.p[0], upper = (unsigned char)toupper(first);
    size_t end = text.n < word.n ? 0 : text.n - word.n + 1;

    for (size_t i = 0; i < end; i++) {
        const unsigned char c = (unsigned char)text.p[i];
        if (c != first && c != upper)
            continue;
        if (str_eq_nocase((struct str){text.p + i, word.n}, word))
            return true;
    }
    return false;
}

static bool entry_has(const struct json *entry, struct str word)
{
    static const char *const fields[] = {"verb", "object", "actor", "reason"};

    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        const struct json *value = json_get(entry, fields[i]);
        if (value && contains_lower(value->text, word))
            return true;
    }
    return false;
}

static bool matches(struct scan *scan, struct str text)
{
    struct json *entry;
    bool found = true;

    for (size_t i = 0; scan->plain && i < scan->word_count; i++) { /* cheap, before the parser */
        if (!contains_lower(text, scan->words[i]))
            return false;
    }
    if (json_parse(&scan->arena, text, JSON_MAX_DEPTH, &entry, NULL))
        return false;
    for (size_t i = 0; found && i < scan->word_count; i++)
        found = entry_has(entry, scan->words[i]);
    arena_free(&scan->arena);
    return found;
}

static int on_entry(void *ctx, struct str key, struct str value, struct err *e)
{
    struct scan *scan = ctx;

    if (!scan->query->oldest_first && seq_of(key) <= scan->query->since)
        return 1;
    if (scan->word_count && !matches(scan, value))
        return 0;
    if (!scan->first)
        buf_add_char(scan->out, ',');
    scan->first = false;
    buf_add_str(scan->out, value);
    if (buf_failed(scan->out))
        return err_set(e, ERR_TOO_LARGE, "the answer is larger than %zu bytes", scan->out->limit);
    return --scan->left == 0;
}

static int split_filter(struct scan *scan, struct arena *a, struct str filter, struct err *e)
{
    struct str word;

    scan->plain = true;
    while ((word = str_word(&filter)).n) {
        if (scan->word_count == WORDS_MAX)
            return err_field(e, "filter", "more than %d words", WORDS_MAX);
        word = arena_str_lower(a, word);
        for (size_t i = 0; i < word.n; i++) {
            if (word.p[i] == '"' || word.p[i] == '\\' || word.p[i] < 0x20)
                scan->plain = false;
        }
        scan->words[scan->word_count++] = word;
    }
    return 0;
}

static int each_entry(struct store_txn *t, struct scan *scan, struct err *e)
{
    uint64_t since = scan->query->since;
    char from[SEQ_KEY_BYTES];

    if (!scan->query->oldest_first)
        return store_each(t, STORE_ACTIVITY, STORE_BACKWARD, STR_NONE, on_entry, scan, e);
    if (since == UINT64_MAX)
        return 0;
    return store_each(t, STORE_ACTIVITY, STORE_FORWARD, seq_key(since + 1, from), on_entry, scan,
                      e);
}

int activity_query(struct activity_log *log, const struct activity_query *query, struct buf *out,
                   struct err *e)
{
    size_t limit = query->limit ? query->limit : ACTIVITY_LIMIT_MAX;
    struct scan scan = {.query = query, .left = limit, .out = out, .first = true};
    struct arena words = ARENA_INIT;
    struct store_txn *t = NULL;
    int rc = -1;

    if (limit > ACTIVITY_LIMIT_MAX) {
        rc = err_field(e, "limit", "limit: %zu is above %d", limit, ACTIVITY_LIMIT_MAX);
        goto out;
    }
    if (split_filter(&scan, &words, query->filter, e))
        goto out;
    t = store_read(log->store, STORE_HISTORY, e);
    if (!t)
        goto out;
    buf_add_char(out, '[');
    rc = each_entry(t, &scan, e);
    buf_add_char(out, ']');
    if (rc == 0 && buf_failed(out))
        rc = err_set(e, ERR_TOO_LARGE, "the answer is larger than %zu bytes", out->limit);
out:
    store_abort(t);
    arena_free(&words);
    arena_free(&scan.arena);
    return rc ? err_wrap(e, "activity") : 0;
}
