/* SPDX-License-Identifier: Apache-2.0 */
/* `policy`: put from a file, delete, try. */
#include "cli/commands.h"

#include "base/json_out.h"

#include <string.h>

enum { PATH_BYTES = 16 * 1024, BODY_BYTES = 1024 * 1024, TRY_WORDS = 32 };

static int read_path(struct command_line *c, struct buf *path)
{
    buf_add_z(path, "/policies/");
    client_encode(path, str_z(c->words[1]));
    return buf_failed(path) ? command_misuse(c, "this name is too long") : 0;
}

static int put_policy(struct command_line *c)
{
    struct buf path, body;
    struct err e;
    int rc;

    buf_init(&path, PATH_BYTES);
    buf_init(&body, BODY_BYTES);
    if (command_read_json(c, c->words[2], &body, &e))
        rc = command_misuse(c, "%s", e.text);
    else
        rc = read_path(c, &path);
    if (rc == 0)
        rc = command_send(c, "PUT", &path, buf_str(&body),
                          arena_printf(&c->arena, "policy %s is stored", c->words[1]).p,
                          c->words[2]);
    buf_free(&path);
    buf_free(&body);
    return rc;
}

static int delete_policy(struct command_line *c)
{
    struct buf path;
    int rc;

    buf_init(&path, PATH_BYTES);
    rc = read_path(c, &path);
    if (rc == 0)
        rc = command_send(c, "DELETE", &path, STR_NONE,
                          arena_printf(&c->arena, "policy %s is deleted", c->words[1]).p, NULL);
    buf_free(&path);
    return rc;
}

/* --- try --- */

static bool is_option(struct str word, const char *name, struct str *value)
{
    if (!str_starts(word, str_z(name)))
        return false;
    *value = (struct str){word.p + strlen(name), word.n - strlen(name)};
    return true;
}

static bool is_header(struct str word, struct str *name, struct str *value)
{
    *value = word;
    *name = str_cut(value, ':');
    return value->p && name->n;
}

/* A header that is given twice is a list of two. */
static void put_header(const struct command_line *c, struct json_out *o, size_t at)
{
    struct str name, value, other, ignored;
    bool again = false;

    (void)is_header(str_z(c->words[at]), &name, &value);
    for (size_t i = 3; i < at; i++)
        again = again ||
                (is_header(str_z(c->words[i]), &other, &ignored) && str_eq_nocase(other, name));
    if (again)
        return;
    json_key_str(o, name);
    json_open_array(o, NULL);
    for (size_t i = at; i < c->word_count; i++) {
        if (is_header(str_z(c->words[i]), &other, &value) && str_eq_nocase(other, name))
            json_put_str(o, NULL, str_trim(value));
    }
    json_close_array(o);
}

static int put_request(struct command_line *c, struct json_out *o)
{
    struct str value, name;

    json_put_z(o, "method", c->words[1]);
    json_put_z(o, "url", c->words[2]);
    for (size_t i = 3; i < c->word_count; i++) {
        struct str word = str_z(c->words[i]);
        if (is_option(word, "frontend=", &value))
            json_put_str(o, "frontend", value);
        else if (is_option(word, "src=", &value))
            json_put_str(o, "src", value);
        else if (!is_header(word, &name, &value))
            return command_misuse(
                c, "NAME:VALUE, frontend=NAME or src=ADDRESS wanted, this is \"%.80s\"",
                c->words[i]);
    }
    json_open_object(o, "headers");
    for (size_t i = 3; i < c->word_count; i++) {
        struct str word = str_z(c->words[i]);
        if (!is_option(word, "frontend=", &value) && !is_option(word, "src=", &value))
            put_header(c, o, i);
    }
    json_close_object(o);
    return 0;
}

static int try_policies(struct command_line *c)
{
    struct client_request request = {.method = "POST", .path = STR("/policies/try")};
    struct json_out o;
    struct buf body;
    int rc;

    buf_init(&body, BODY_BYTES);
    json_out_init(&o, &body, false);
    json_open_object(&o, NULL);
    rc = put_request(c, &o);
    json_close_object(&o);
    json_out_fini(&o);
    request.body = buf_str(&body);
    if (rc == 0)
        rc = command_ask(c, &request, view_policy_try);
    buf_free(&body);
    return rc;
}

static int list_policies(struct command_line *c)
{
    return command_show(c, STR("/policies"), view_policies);
}

static int show_policy(struct command_line *c)
{
    struct buf path;
    int rc;

    buf_init(&path, PATH_BYTES);
    rc = read_path(c, &path);
    if (rc == 0)
        rc = command_show(c, buf_str(&path), view_policy);
    buf_free(&path);
    return rc;
}

int command_policy(struct command_line *c)
{
    static const struct {
        const char *verb, *words;
        int (*run)(struct command_line *c);
        size_t least, most;
    } verbs[] = {{"list", "", list_policies, 1, 1},
                 {"show", " NAME", show_policy, 2, 2},
                 {"put", " NAME FILE", put_policy, 3, 3},
                 {"delete", " NAME", delete_policy, 2, 2},
                 {"try", " METHOD URL [NAME:VALUE]... [frontend=NAME] [src=ADDRESS]", try_policies,
                  3, TRY_WORDS}};

    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        if (strcmp(c->words[0], verbs[i].verb) != 0)
            continue;
        if (c->word_count < verbs[i].least || c->word_count > verbs[i].most)
            return command_misuse(c, "usage: thalassa policy %s%s", verbs[i].verb, verbs[i].words);
        return verbs[i].run(c);
    }
    return command_misuse(c, "list, show, put, delete or try wanted; this is \"%.80s\"",
                          c->words[0]);
}
