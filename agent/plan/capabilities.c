/* SPDX-License-Identifier: Apache-2.0 */
#include "plan/capabilities.h"

/* "3.4.7-1" -> 3, 4 */
static bool read_version(struct str s, unsigned *major, unsigned *minor)
{
    uint64_t numbers[2];

    for (int i = 0; i < 2; i++) {
        size_t n = 0;
        while (n < s.n && s.p[n] >= '0' && s.p[n] <= '9')
            n++;
        if (str_u64((struct str){s.p, n}, &numbers[i]) || numbers[i] > 1000)
            return false;
        if (i == 0 && (n == s.n || s.p[n] != '.'))
            return false;
        if (i == 0)
            s = (struct str){s.p + n + 1, s.n - n - 1};
    }
    *major = (unsigned)numbers[0];
    *minor = (unsigned)numbers[1];
    return true;
}

/* Is the version not before `from` and not after `until`? */
static bool is_within(const struct capabilities *c, const char *from, const char *until)
{
    unsigned major, minor;

    if (read_version(str_z(from), &major, &minor) &&
        (c->major < major || (c->major == major && c->minor < minor)))
        return false;
    if (read_version(str_z(until), &major, &minor) &&
        (c->major > major || (c->major == major && c->minor > minor)))
        return false;
    return true;
}

int capabilities_of(struct str version, struct capabilities *out, struct err *e)
{
    struct capabilities c = {.known = true};

    if (!read_version(version, &c.major, &c.minor))
        return err_set(e, ERR_INVALID, "not a version of HAProxy: \"" STR_FMT "\"",
                       STR_ARG(version));
    if (c.major < CAPABILITIES_OLDEST_MAJOR ||
        (c.major == CAPABILITIES_OLDEST_MAJOR && c.minor < CAPABILITIES_OLDEST_MINOR))
        return err_set(e, ERR_INVALID, "HAProxy " STR_FMT " is too old: %d.%d is the oldest",
                       STR_ARG(version), CAPABILITIES_OLDEST_MAJOR, CAPABILITIES_OLDEST_MINOR);
#define CAPABILITY(id, from, until, commands, what) c.id = is_within(&c, from, until);
#include "plan/capabilities.def"
#undef CAPABILITY
    (void)str_copy(c.version, sizeof c.version, version);
    *out = c;
    return 0;
}

/* "  add backend <backend>      : add a new backend" */
static bool lists(struct str help, struct str command)
{
    while (help.p) {
        struct str line = str_trim(str_cut(&help, '\n'));

        if (str_starts(line, command) && (line.n == command.n || line.p[command.n] == ' '))
            return true;
    }
    return false;
}

static bool lists_all(struct str help, const char *commands)
{
    struct str rest = str_z(commands);

    while (rest.p) {
        if (!lists(help, str_cut(&rest, ',')))
            return false;
    }
    return true;
}

int capabilities_learn(struct str version, struct str help, struct capabilities *out, struct err *e)
{
    struct capabilities c;

    if (capabilities_of(version, &c, e))
        return -1;
    c.learnt = true;
#define CAPABILITY(id, from, until, commands, what)                                                \
    if (*(commands))                                                                               \
        c.id = lists_all(help, commands);
#include "plan/capabilities.def"
#undef CAPABILITY
    *out = c;
    return 0;
}

struct str capabilities_version(struct str text)
{
    struct str line = str_cut(&text, '\n'), word;

    while ((word = str_word(&line)).n) {
        if (str_eq(word, STR("version")))
            return str_word(&line);
    }
    return STR("");
}

bool capabilities_lua(struct str text)
{
    while (text.p) {
        if (str_starts(str_cut(&text, '\n'), STR("Built with Lua version")))
            return true;
    }
    return false;
}

void capabilities_put(struct json_out *o, const char *key, const struct capabilities *c)
{
    json_open_object(o, key);
#define CAPABILITY(id, from, until, commands, what) json_put_bool(o, #id, c->id);
#include "plan/capabilities.def"
#undef CAPABILITY
    json_close_object(o);
}
