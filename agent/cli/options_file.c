/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration file, in libconfuse's syntax: name = "value", one option per line. Every value
 * is taken as text, so that the messages are the same as for the command line. */
#include "cli/option_table.h"

#include "base/file.h"

#include <confuse.h>
#include <string.h>

enum { FILE_MAX_BYTES = 1024 * 1024 };

/* libconfuse's callbacks have no pointer of ours. The file is read once, before any thread. */
static struct {
    struct options *options;
    const char *path;
    struct err *e;
    bool failed; /* only the first error is told */
} reading;

__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *cfg, const char *format,
                                                           va_list ap)
{
    char text[256];

    if (reading.failed)
        return;
    reading.failed = true;
    (void)vsnprintf(text, sizeof text, format, ap);
    err_set(reading.e, ERR_INVALID, "%s:%d: %s", reading.path, cfg ? cfg->line : 0, text);
}

static int on_value(cfg_t *cfg, cfg_opt_t *opt)
{
    struct option_source source = {ORIGIN_FILE, reading.path, cfg->line};
    enum option_id id = option_find(str_z(cfg_opt_name(opt)));
    const char *value = cfg_opt_getnstr(opt, cfg_opt_size(opt) - 1);

    if (reading.failed)
        return -1;
    if (id == OPTION_config) {
        reading.failed = true;
        return err_set(reading.e, ERR_INVALID, "%s:%d: config: not to be set in the file itself",
                       reading.path, cfg->line);
    }
    if (option_set(reading.options, id, value ? value : "", &source, reading.e)) {
        reading.failed = true;
        return -1;
    }
    return 0;
}

static int parse(const char *text)
{
    cfg_opt_t known[OPTION_COUNT + 1];
    cfg_t *cfg;
    int rc;

    for (int i = 0; i < OPTION_COUNT; i++)
        known[i] = (cfg_opt_t)CFG_STR(option_table[i].name, NULL, CFGF_NODEFAULT);
    known[OPTION_COUNT] = (cfg_opt_t)CFG_END();
    cfg = cfg_init(known, CFGF_NONE);
    if (!cfg)
        return err_set(reading.e, ERR_INTERNAL, "%s: out of memory", reading.path);
    (void)cfg_set_error_function(cfg, on_error);
    for (int i = 0; i < OPTION_COUNT; i++)
        (void)cfg_set_validate_func(cfg, option_table[i].name, on_value);
    rc = cfg_parse_buf(cfg, text);
    cfg_free(cfg);
    if (rc == CFG_SUCCESS && !reading.failed)
        return 0;
    if (!reading.failed)
        err_set(reading.e, ERR_INVALID, "%s: cannot be understood", reading.path);
    return -1;
}

int options_read_file(struct options *o, const char *path, struct err *e)
{
    struct err first;
    struct buf text;
    int rc;

    buf_init(&text, FILE_MAX_BYTES);
    rc = file_read(path, &text, e); /* its errors name the path */
    if (rc == 0)                    /* an empty buffer has no end */
        buf_add_char(&text, '\n');
    if (rc == 0 && memchr(text.p, 0, text.n))
        rc = err_set(e, ERR_INVALID, "%s: has a NUL byte", path);
    if (rc == 0) {
        reading.options = o;
        reading.path = path;
        reading.e = &first;
        reading.failed = false;
        rc = parse(text.p);
        if (rc && e)
            *e = first;
    }
    buf_free(&text);
    return rc;
}
