/* SPDX-License-Identifier: Apache-2.0 */
/* `split`: the words of a prompt (live=95 staged=5) as the API's targets. */
#include "cli/commands.h"

#include "base/json_out.h"

#include <string.h>

enum { PATH_BYTES = 16 * 1024, BODY_BYTES = 4096, HUNDREDTHS = 100 };

/* "95", "0.5", "2.25%" -> hundredths of a percent; -1 when it is none of them. */
static int read_percent(struct str text, unsigned *out)
{
    uint64_t whole, rest = 0;
    struct str fraction;

    if (str_ends(text, STR("%")))
        text.n--;
    fraction = text;
    text = str_cut(&fraction, '.');
    if (str_u64(text, &whole) || whole > 100)
        return -1;
    if (fraction.p) {
        if (fraction.n < 1 || fraction.n > 2 || str_u64(fraction, &rest))
            return -1;
        rest *= fraction.n == 1 ? 10 : 1;
    }
    *out = (unsigned)(whole * HUNDREDTHS + rest);
    return 0;
}

static int put_target(struct command_line *c, struct json_out *o, const char *word, unsigned *sum)
{
    struct str text = str_z(word);
    size_t at = text.n;
    unsigned weight;

    while (at > 0 && text.p[at - 1] != '=')
        at--;
    if (at < 2 || read_percent((struct str){text.p + at, text.n - at}, &weight))
        return command_misuse(
            c,
            "BACKEND=PERCENT wanted, with two decimals at most, as in live=99.5; this is \"%.80s\"",
            word);
    json_open_object(o, NULL);
    json_put_str(o, "backend", (struct str){text.p, at - 1});
    json_put_int(o, "weight", weight);
    *sum += weight;
    json_close_object(o);
    return 0;
}

static int put_split(struct command_line *c, struct buf *body)
{
    const unsigned whole = 100 * HUNDREDTHS;
    struct json_out o;
    unsigned sum = 0;
    int rc = 0;

    json_out_init(&o, body, false);
    json_open_object(&o, NULL);
    json_open_array(&o, "targets");
    for (size_t i = 1; i < c->word_count && rc == 0; i++)
        rc = put_target(c, &o, c->words[i], &sum);
    json_close_array(&o);
    if (c->flags[FLAG_STICKY])
        json_put_z(&o, "sticky", c->flags[FLAG_STICKY]);
    json_close_object(&o);
    json_out_fini(&o);
    if (rc == 0 && c->word_count > 2 && sum != whole)
        return command_misuse(c, "the shares make %u.%02u %%, not 100 %%", sum / HUNDREDTHS,
                              sum % HUNDREDTHS);
    return rc;
}

int command_split(struct command_line *c)
{
    bool off = c->word_count == 2 && strcmp(c->words[1], "off") == 0;
    struct buf path, body;
    int rc = 0;

    buf_init(&path, PATH_BYTES);
    buf_init(&body, BODY_BYTES);
    buf_add_z(&path, "/splits/");
    client_encode(&path, str_z(c->words[0]));
    if (!off)
        rc = put_split(c, &body);
    if (rc == 0 && (buf_failed(&path) || buf_failed(&body)))
        rc = command_misuse(c, "this name is too long");
    else if (rc == 0 && off)
        rc = command_send(c, "DELETE", &path, STR_NONE,
                          arena_printf(&c->arena, "%s is split no more", c->words[0]).p, NULL);
    else if (rc == 0)
        rc = command_send(c, "PUT", &path, buf_str(&body),
                          arena_printf(&c->arena, "%s is split", c->words[0]).p, NULL);
    buf_free(&path);
    buf_free(&body);
    return rc;
}
